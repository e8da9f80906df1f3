//! One request, one answer: what the pipeline needs of HTTP, and its fitting into the SDK's exporter.

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

/// No answer: no connection, or one that broke.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The request could not be made, and nothing was sent: where a transport signs, there are no credentials.
    #[error("the request could not be signed")]
    Unsigned(#[source] Box<dyn Error + Send + Sync>),
    /// Nobody listens, or the name is unknown, or connecting took too long.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// The connection broke before the answer was there.
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
}

/// What the far side of a transport takes, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportLimits {
    /// The document of one span, in estimated bytes: the guard cuts spans to it.
    pub document_bytes: usize,
    /// The resource together with the instrumentation scope, in bytes of OTLP: a larger one would have every request refused.
    pub resource_bytes: usize,
    /// Spans that began longer ago are not sent: the far side would refuse them, and those beside them perhaps.
    pub span_age: Duration,
    /// What the spans of one request may lie apart: a request beyond that is refused whole.
    pub request_span: Duration,
    /// With less time left than this no attempt begins. It would be dropped with its answer unread, and its spans sent twice.
    pub attempt: Duration,
}

impl TransportLimits {
    /// Those of a collector beside the function, which hands spans to X-Ray as documents of at most 64 KB. A span gets half of
    /// that, so that no estimate has to be exact. Age and resource are X-Ray's business there.
    pub const COLLECTOR: Self = Self {
        document_bytes: 32_000,
        resource_bytes: usize::MAX,
        span_age: lambda_trace::TRACE_AGE_MAX,
        request_span: Duration::MAX,
        attempt: Duration::from_millis(20),
    };
}

/// Sends requests. MUST stop sending when dropped, and note in the attempt log when the first byte has left.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends `request` and reads the whole answer, whatever its status. One attempt: what fails is the pipeline's to try again.
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError>;

    /// What the far side takes. Asked once, when a pipeline is built.
    fn limits(&self) -> TransportLimits {
        TransportLimits::COLLECTOR
    }

    /// What an operator can do about a reply that did not take spans, where this transport knows more than its status says.
    fn advice(&self, _reply: &CollectorReply) -> Option<&'static str> {
        None
    }
}

/// A transport whose answers are noted, in the form that the SDK's exporter takes.
#[derive(Debug)]
pub(super) struct RecordingClient {
    transport: Arc<dyn Transport>,
    attempt_log: Arc<AttemptLog>,
    clock: ClockOfAnswers,
}

/// The exporter wants its client to be `Debug`, which a clock is not.
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
