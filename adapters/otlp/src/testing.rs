//! What the tests of this pipeline share: a scripted collector, and streams made the way the service makes them.

mod collector;
mod handles;
mod kept;
mod policy;
mod told;

pub use collector::{Collector, Step};
pub use handles::Handles;
pub use kept::Kept;
pub use policy::{EVENT_TYPES_MAX, names, policy};
pub use told::Told;

use super::{config::PipelineConfig, line_sink::MemoryLines, pipeline::PipelinePorts, span_ids::XrayIds};
use futures::executor::block_on;
use lambda_trace::{
    Clock, EndReason, Exception, FinishedSpan, FlushOutcome, Invocation, InvocationStart, ManualClock, NamedStream,
    Off, Phases, SpanKind, Streaming, StreamingTelemetry, Telemetry, Timestamp, TraceConfig, TraceContext, Value,
};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use std::{sync::Arc, time::Duration};

/// A moment in 2026; trace ids of the tests begin with it.
pub const START_MS: u64 = 1_795_000_000_000;

/// What a pipeline works with in tests.
pub fn ports(lines: &Arc<MemoryLines>, told: &Arc<Told>, clock: &Arc<ManualClock>) -> PipelinePorts {
    PipelinePorts { lines: lines.clone(), collector_log: told.clone(), clock: clock.clone() }
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
