//! Prints streaming-phase spans as OTLP/JSON lines at each flush, one span per line. The lines can be posted to a
//! collector as they are. There is no budget and no ledger, because delivery cannot fail.

use crate::{BufferedSpan, Guard, LineSink, OtlpJson, PipelineConfig, Sizes, convert::scope, json::Level, span_data};
use async_trait::async_trait;
use lambda_trace::{
    FinishedSpan, FlushOutcome, LedgerEntry, SpanId, StreamEnd, StreamSpans, StreamStart, Streaming,
    StreamingTelemetry, Timestamp,
};
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// This many waiting spans are printed before the stream ends.
const EXPORT_SPANS: usize = 64;

/// Prints spans as OTLP/JSON.
pub struct StdoutTelemetry(Arc<Printer>);

struct Printer {
    /// Of open streams, the oldest first.
    streams: Mutex<Vec<Arc<PrintedStream>>>,
    scope: InstrumentationScope,
    guard: Guard,
    otlp_json: OtlpJson,
    lines: Arc<dyn LineSink>,
}

struct PrintedStream {
    printer: Arc<Printer>,
    /// The stream's own.
    span: SpanId,
    waiting: Mutex<Vec<BufferedSpan>>,
    printed: AtomicU64,
}

impl StdoutTelemetry {
    /// Prints spans of `resource` to `lines`. Of `config` only the scope and the essential attributes are used.
    pub fn new(config: &PipelineConfig, resource: &Resource, lines: Arc<dyn LineSink>) -> Self {
        Self(Arc::new(Printer {
            streams: Mutex::default(),
            scope: scope(&config.scope),
            guard: Guard::new(Sizes::new(resource), &config.policy.essential),
            otlp_json: OtlpJson::new(resource),
            lines,
        }))
    }
}

impl Printer {
    fn streams(&self) -> Vec<Arc<PrintedStream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl PrintedStream {
    fn print(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let Printer { scope, otlp_json, lines, .. } = &*self.printer;
        for held in waiting {
            // A span is printed soon after it ended; a later moment loses nothing.
            let ended = held.span.end;
            lines.line(&otlp_json.line(span_data(&held, scope), ended, Level::Info));
            self.printed.fetch_add(1, Relaxed);
        }
    }

    fn waiting(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[async_trait]
impl StreamingTelemetry for StdoutTelemetry {
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans> {
        let printer = self.0.clone();
        let stream = PrintedStream { printer, span: start.span, waiting: Mutex::default(), printed: 0.into() };
        let stream = Arc::new(stream);
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner).push(stream.clone());
        stream
    }

    async fn flush_retained(&self, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }

    async fn shutdown(&self) {
        self.0.streams().iter().for_each(|stream| stream.print());
    }
}

#[async_trait]
impl StreamSpans for PrintedStream {
    fn record(&self, mut span: FinishedSpan<Streaming>) {
        let is_stream = span.id == self.span;
        if is_stream {
            span.attributes.push(("spans_folded", 0_u64.into()));
        }
        let held = BufferedSpan::new(span, is_stream, &self.printer.guard);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(held);
    }

    fn is_export_due(&self, _: Timestamp) -> bool {
        self.waiting() >= EXPORT_SPANS
    }

    async fn export(&self, _: Timestamp) {
        self.print();
    }

    async fn flush(&self, _: Timestamp) -> FlushOutcome {
        self.print();
        FlushOutcome::Ok
    }

    fn close(&self, end: StreamEnd) -> LedgerEntry {
        self.print();
        let mut streams = self.printer.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|stream| stream.span != self.span);
        LedgerEntry { created: end.created, delivered: self.printed.load(Relaxed), ..LedgerEntry::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        MemoryLines,
        testing::{clock, config, end, names, stream, streaming_only},
    };
    use lambda_trace::{Invocation, SpanKind};

    #[test]
    fn each_span_is_a_line_when_its_stream_is_flushed() {
        let lines = Arc::<MemoryLines>::default();
        let resource = Resource::builder_empty().with_service_name("tests").build();
        let sink = streaming_only(Arc::new(StdoutTelemetry::new(&config(0), &resource, lines.clone())));
        let clock = clock();
        let (one, other) = (stream(&sink, &clock, 1, 1_000), stream(&sink, &clock, 2, 1_000));
        for stream in [&one, &other] {
            drop(Invocation::span(stream, names::DISPATCH, SpanKind::Internal));
        }
        assert_eq!(lines.all().len(), 0);
        assert_eq!(end(one), FlushOutcome::Ok);
        let printed = lines.all();
        assert_eq!(printed.len(), 2, "its own two");
        assert!(printed[0].contains(names::DISPATCH) && printed[1].contains(names::STREAM));
        assert!(printed[1].contains(r#"{"key":"spans_folded","value":{"intValue":"0"}}"#), "{}", printed[1]);
        end(other);
        assert_eq!(lines.all().len(), 4);
    }
}
