//! A collector that follows a script.

use super::spans;
use crate::{
    attempt_log::AttemptLog,
    transport::{Transport, TransportError},
};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
    trace::v1::Span,
};
use prost::Message;
use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
};

/// What the collector does next; after the last one it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Takes every span.
    Accept,
    /// Answers with this HTTP status.
    Status(u16),
    /// Answers 429 with `Retry-After`, in seconds.
    RetryAfter(u16),
    /// Answers 200 and rejects this many spans.
    Partial(i64),
    /// Nobody listens.
    Refuse,
    /// The connection breaks after the request.
    Break,
    /// The request arrives, and no answer comes.
    Hang,
}

/// A collector that follows a script and remembers what arrived.
#[derive(Debug, Default)]
pub struct Collector {
    /// What is still to come.
    pub script: Mutex<VecDeque<Step>>,
    /// Every request that arrived.
    pub requests: Mutex<Vec<ExportTraceServiceRequest>>,
    /// Of these, the ones that were accepted.
    pub accepted: Mutex<Vec<Span>>,
    /// How often a request was begun.
    pub attempts: AtomicU64,
}

impl Collector {
    /// A collector with this script.
    pub fn following(script: impl IntoIterator<Item = Step>) -> Arc<Self> {
        Arc::new(Self { script: Mutex::new(script.into_iter().collect()), ..Self::default() })
    }

    /// How often a request was begun.
    pub fn attempts(&self) -> u64 {
        self.attempts.load(Relaxed)
    }

    /// The spans that were accepted.
    ///
    /// # Panics
    /// A test panicked while it held the lock.
    pub fn accepted(&self) -> Vec<Span> {
        self.accepted.lock().expect("lock").clone()
    }

    /// Their names.
    pub fn accepted_names(&self) -> Vec<String> {
        self.accepted().into_iter().map(|span| span.name).collect()
    }
}

#[async_trait]
impl Transport for Collector {
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError> {
        self.attempts.fetch_add(1, Relaxed);
        let step = self.script.lock().expect("lock").pop_front().unwrap_or(Step::Accept);
        if step == Step::Refuse {
            return Err(TransportError::Connect(io::ErrorKind::ConnectionRefused.into()));
        }
        attempt_log.sent();
        let request = ExportTraceServiceRequest::decode(request.into_body()).expect("protobuf");
        self.requests.lock().expect("lock").push(request.clone());
        let spans = spans(request);
        let (status, rejected) = match step {
            Step::Accept | Step::Refuse => (200, 0),
            Step::Status(status) => (status, 0),
            Step::RetryAfter(_) => (429, 0),
            Step::Partial(rejected) => (200, rejected),
            Step::Break => return Err(TransportError::Connect(io::ErrorKind::ConnectionReset.into())),
            Step::Hang => poll_fn(|_| Poll::Pending).await,
        };
        if status == 200 {
            let skip = usize::try_from(rejected).expect("small");
            self.accepted.lock().expect("lock").extend(spans.into_iter().skip(skip));
        }
        let partial_success =
            (rejected > 0).then(|| ExportTracePartialSuccess { rejected_spans: rejected, error_message: "no".into() });
        let body = ExportTraceServiceResponse { partial_success }.encode_to_vec();
        let response = Response::builder().status(status);
        let response = if let Step::RetryAfter(s) = step { response.header("retry-after", s) } else { response };
        Ok(response.body(if status == 200 { body.into() } else { Bytes::from_static(b"no") }).expect("response"))
    }
}
