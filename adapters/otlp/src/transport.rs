//! One request, one response: what the pipeline needs from HTTP, and the adapter to the SDK's exporter.

use super::{
    answer::CollectorAnswer,
    attempt_log::{AttemptLog, CollectorReply},
};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use lambda_trace::{Clock, with_causes};
use opentelemetry_http::{HttpClient, HttpError};
use std::{
    error::Error,
    fmt,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

/// There was no response: no connection, or one that broke.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The request could not be made, and nothing was sent: for example there are no credentials to sign with.
    #[error("the request could not be signed")]
    Unsigned(#[source] Box<dyn Error + Send + Sync>),
    /// Nothing listens there, the name is unknown, or connecting took too long.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// The connection broke before the response was complete.
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
}

/// The limits of a transport's receiver, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportLimits {
    /// The maximum size of one span's document, in estimated bytes: the guard cuts spans to it.
    pub document_bytes: usize,
    /// The maximum size of the resource together with the instrumentation scope, in bytes of OTLP: with a larger one
    /// every request would be refused.
    pub resource_bytes: usize,
    /// Spans that began longer ago than this are not sent: the receiver would refuse them, and possibly those beside
    /// them.
    pub span_age: Duration,
    /// The maximum time between the spans of one request: beyond that it is refused as a whole.
    pub request_span: Duration,
    /// No attempt begins with less time left than this. It would be dropped with its response unread, and its spans
    /// would be sent twice.
    pub attempt: Duration,
}

impl TransportLimits {
    /// The limits of a collector beside the function, which passes spans to X-Ray as documents of at most 64 KB. A span
    /// gets half of that, so that no estimate has to be exact. Age and resource are not limited there.
    pub const COLLECTOR: Self = Self {
        document_bytes: 32_000,
        resource_bytes: usize::MAX,
        span_age: lambda_trace::TRACE_AGE_MAX,
        request_span: Duration::MAX,
        attempt: Duration::from_millis(20),
    };
}

/// Sends requests. MUST stop sending when dropped, and note in the attempt log when the first byte has been sent.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends `request` and reads the whole response, whatever its status. It makes one attempt: the pipeline decides
    /// about another one.
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError>;

    /// The receiver's limits. Asked once, when a pipeline is built.
    fn limits(&self) -> TransportLimits {
        TransportLimits::COLLECTOR
    }

    /// What an operator can do about a response that did not accept spans, if this transport knows more than the status
    /// says.
    fn advice(&self, _reply: &CollectorReply) -> Option<&'static str> {
        None
    }
}

/// A transport whose responses are noted, in the form that the SDK's exporter requires.
#[derive(Debug)]
pub(super) struct RecordingClient {
    transport: Arc<dyn Transport>,
    attempt_log: Arc<AttemptLog>,
    clock: ClockOfAnswers,
}

/// The exporter requires its client to be `Debug`, which a clock is not.
struct ClockOfAnswers(Arc<dyn Clock>);

impl fmt::Debug for ClockOfAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl RecordingClient {
    pub(super) fn new(transport: Arc<dyn Transport>, attempt_log: Arc<AttemptLog>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, attempt_log, clock: ClockOfAnswers(clock) }
    }
}

#[async_trait]
impl HttpClient for RecordingClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.transport.send(request, &self.attempt_log).await;
        self.attempt_log.over(match &answer {
            Ok(response) => {
                let now = UNIX_EPOCH + Duration::from_micros(self.clock.0.now().micros());
                CollectorReply::Answered(CollectorAnswer::read(response, now))
            }
            Err(error) => CollectorReply::None(with_causes(error)),
        });
        Ok(answer?)
    }
}
