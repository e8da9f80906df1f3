//! What the tests of this pipeline share: a scripted collector, and streams made the way the service makes them.

use super::{
    attempt_log::AttemptLog,
    collector_log::{CollectorLog, Refusal},
    config::PipelineConfig,
    line_sink::MemoryLines,
    pipeline::PipelinePorts,
    span_ids::XrayIds,
    span_policy::{Place, SpanPolicy},
    transport::{Transport, TransportError},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::executor::block_on;
use http::{Request, Response};
use lambda_trace::{
    Clock, EndReason, Exception, FinishedSpan, FlushOutcome, Handler, HandlerTelemetry, Invocation, InvocationStart,
    LedgerEntry, ManualClock, NamedStream, Off, Phases, SpanKind, StreamEnd, StreamSpans, StreamStart, Streaming,
    StreamingTelemetry, Telemetry, Timestamp, TraceConfig, TraceContext, Value,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
    trace::v1::Span,
};
use prost::Message;
use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    io,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

/// A moment in 2026; trace ids of the tests begin with it.
pub const START_MS: u64 = 1_795_000_000_000;

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

/// What an operator was told, in order.
#[derive(Debug, Default)]
pub struct Told(Mutex<Vec<String>>);

impl Told {
    /// So far.
    ///
    /// # Panics
    /// A test panicked while it held the lock.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("lock").clone()
    }
}

impl CollectorLog for Told {
    fn refused(&self, refusal: &Refusal) {
        self.0.lock().expect("lock").push(refusal.to_string());
    }

    fn recovered(&self, address: &str) {
        self.0.lock().expect("lock").push(format!("{address} recovered"));
    }
}

/// What a pipeline works with in tests.
pub fn ports(lines: &Arc<MemoryLines>, told: &Arc<Told>, clock: &Arc<ManualClock>) -> PipelinePorts {
    PipelinePorts { lines: lines.clone(), collector_log: told.clone(), clock: clock.clone() }
}

/// Names of the spans of the service that the tests imagine.
pub mod names {
    /// The stream itself.
    pub const STREAM: &str = "sse_stream";
    /// One at its beginning.
    pub const ACQUIRE: &str = "connection_acquire";
    /// One at its end.
    pub const RELEASE: &str = "connection_release";
    /// Dear, and in rounds.
    pub const POLL: &str = "dynamodb_poll";
    /// Cheap, and many.
    pub const DISPATCH: &str = "sse_event_dispatch";
    /// Dear, and few.
    pub const PUT_METRIC: &str = "cloudwatch_put_metric";
}

/// So many values of `event_type` have a place.
pub const EVENT_TYPES_MAX: usize = 5;

/// What that service wants to be kept.
pub fn policy() -> SpanPolicy {
    SpanPolicy::default()
        .share(&[names::POLL], 3)
        .share(&[names::DISPATCH], 2)
        .share(&[names::PUT_METRIC], 1)
        .place(Place::first(names::STREAM, 1_170))
        .place(Place::first(names::POLL, 920))
        .place(Place::first(names::PUT_METRIC, 800))
        .place(Place::first(names::ACQUIRE, 630))
        .place(Place::first(names::RELEASE, 630))
        .place(Place::first_of_each(names::DISPATCH, "event_type", EVENT_TYPES_MAX, 630))
        .place(Place::last(names::DISPATCH, 630))
}

/// A pipeline's configuration; its collector is the transport's business.
pub fn config(retain_bytes: usize) -> PipelineConfig {
    PipelineConfig {
        service: "tests".into(),
        scope: "tests".into(),
        policy: policy(),
        endpoint: "http://localhost:4318/v1/traces".into(),
        resource_attributes: Vec::new(),
        headers: vec![("x-key".into(), "k".into())],
        trace_budget_bytes: 80_000,
        retain_bytes,
        metrics_namespace: "Tests".into(),
        environment: "unit".into(),
    }
}

/// All spans of a request.
pub fn spans(request: ExportTraceServiceRequest) -> Vec<Span> {
    let scopes = request.resource_spans.into_iter().flat_map(|r| r.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, b| {
        write!(out, "{b:02x}").expect("a string");
        out
    })
}

/// A clock that stands at the beginning.
pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(START_MS)))
}

/// The header of the `n`th trace.
pub fn header(n: u64) -> String {
    format!("Root=1-{:08x}-{n:024x};Parent=53995c3f42cd8ad8;Sampled=1", START_MS / 1_000)
}

/// Begins a sampled stream that is expected to last `life_ms`.
pub fn stream(sink: &Arc<dyn Telemetry>, clock: &Arc<ManualClock>, n: u64, life_ms: u64) -> Invocation<Streaming> {
    stream_under(&header(n), sink, clock, n, life_ms)
}

/// The same under another header.
pub fn stream_under(
    header: &str,
    sink: &Arc<dyn Telemetry>,
    clock: &Arc<ManualClock>,
    n: u64,
    life_ms: u64,
) -> Invocation<Streaming> {
    let begin = InvocationStart {
        context: TraceContext::parse(Some(header)),
        request_id: format!("request-{n}").into(),
        deadline: clock.now().plus(Duration::from_millis(life_ms + 10_000)),
        is_cold_start: n == 1,
    };
    let tracing = TraceConfig::new(clock.clone(), Arc::new(XrayIds), sink.clone(), "tests");
    let stream_span = Arc::new(NamedStream(names::STREAM));
    Invocation::begin(begin, tracing).into_streaming(stream_span, clock.now().plus(Duration::from_millis(life_ms)))
}

/// A sink for streams alone.
pub fn streaming_only(streaming: Arc<dyn StreamingTelemetry>) -> Arc<dyn Telemetry> {
    Arc::new(Phases { handler: Arc::new(Off), streaming })
}

/// Knows the handles of the streams that are open, so that a test can do by hand what a session does.
pub struct Handles {
    inner: Arc<dyn StreamingTelemetry>,
    opened: Mutex<HashMap<Arc<str>, Weak<dyn StreamSpans>>>,
}

impl Handles {
    /// Of the streams that `inner` opens.
    pub fn new(inner: Arc<dyn StreamingTelemetry>) -> Arc<Self> {
        Arc::new(Self { inner, opened: Mutex::default() })
    }

    /// The handle of the `n`th stream.
    ///
    /// # Panics
    /// It is not open.
    pub fn of(&self, n: u64) -> Arc<dyn StreamSpans> {
        let opened = self.opened.lock().expect("lock");
        opened.get(format!("request-{n}").as_str()).and_then(Weak::upgrade).expect("an open stream")
    }
}

#[async_trait]
impl StreamingTelemetry for Handles {
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans> {
        let request_id = start.request_id.clone();
        let handle = self.inner.streaming_phase(start);
        let mut opened = self.opened.lock().expect("lock");
        opened.retain(|_, handle| handle.strong_count() > 0);
        opened.insert(request_id, Arc::downgrade(&handle));
        handle
    }
    async fn flush_retained(&self, until: Timestamp) -> FlushOutcome {
        self.inner.flush_retained(until).await
    }
    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}

/// Ends it the way the service does; for collectors that answer.
pub fn end(stream: Invocation<Streaming>) -> FlushOutcome {
    block_on(async { stream.finish(EndReason::Deadline).await.settle().await.outcome() })
}

/// A finished span with text attributes; everything else of it can be set afterwards.
///
/// # Panics
/// A test panicked while it held the lock.
pub fn span(name: &'static str, texts: &[(&'static str, &str)], message: Option<&str>) -> FinishedSpan<Streaming> {
    let kept = Arc::<Kept>::default();
    let sink: Arc<dyn Telemetry> = Arc::new(Phases::both(kept.clone()));
    drop(stream(&sink, &clock(), 1, 1_000).span(name, SpanKind::Client));
    let mut span = kept.streaming.lock().expect("lock").remove(0);
    span.attributes = texts.iter().map(|(key, text)| (*key, Value::from((*text).to_owned()))).collect();
    span.exception = message.map(|message| Exception {
        error_type: "TestException".into(),
        message: message.to_owned(),
        at: span.end,
    });
    span
}

/// Keeps spans as they come.
#[derive(Clone, Default)]
pub struct Kept {
    /// Finished handler phases.
    pub handler: Arc<Mutex<Vec<FinishedSpan<Handler>>>>,
    streaming: Arc<Mutex<Vec<FinishedSpan<Streaming>>>>,
}

impl HandlerTelemetry for Kept {
    fn handler_phase(&self, root: FinishedSpan<Handler>) {
        self.handler.lock().expect("lock").push(root);
    }
}

#[async_trait]
impl StreamingTelemetry for Kept {
    fn streaming_phase(&self, _: StreamStart) -> Arc<dyn StreamSpans> {
        Arc::new(self.clone())
    }
    async fn flush_retained(&self, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }
    async fn shutdown(&self) {}
}

#[async_trait]
impl StreamSpans for Kept {
    fn record(&self, span: FinishedSpan<Streaming>) {
        self.streaming.lock().expect("lock").push(span);
    }
    fn is_export_due(&self, _: Timestamp) -> bool {
        false
    }
    async fn export(&self, _: Timestamp) {}
    async fn flush(&self, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }
    fn close(&self, end: StreamEnd) -> LedgerEntry {
        LedgerEntry { created: end.created, ..LedgerEntry::default() }
    }
}
