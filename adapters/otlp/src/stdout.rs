//! Streaming-phase spans as OTLP/JSON lines, one span a line, printed at each flush (`SSE_TELEMETRY=stdout`). The lines can
//! be posted to a collector as they are. No budget, no ledger: nothing can fail to be delivered.

use crate::{BufferedSpan, LineSink, OtlpJson, Sizes, json::Level, span_data, span_id};
use async_trait::async_trait;
use lambda_trace::{
    FinishedSpan, FlushOutcome, Handler, SpanId, StreamClosed, StreamOpened, Streaming, Telemetry, Timestamp, names,
};
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use std::sync::{Arc, Mutex, PoisonError};

/// As many waiting spans are worth printing before the stream ends.
const EXPORT_SPANS: usize = 64;

/// Prints what it is given.
pub struct StdoutTelemetry {
    waiting: Mutex<Vec<BufferedSpan>>,
    scope: InstrumentationScope,
    sizes: Sizes,
    otlp_json: OtlpJson,
    lines: Arc<dyn LineSink>,
}

impl StdoutTelemetry {
    /// Spans of `resource` to `lines`.
    pub fn new(resource: &Resource, lines: Arc<dyn LineSink>) -> Self {
        Self {
            waiting: Mutex::default(),
            scope: crate::scope(),
            sizes: Sizes::new(resource),
            otlp_json: OtlpJson::new(resource),
            lines,
        }
    }

    fn print(&self, of: impl Fn(&Arc<str>) -> bool) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (chosen, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut *waiting).into_iter().partition(|held| of(&held.span.request_id));
        *waiting = others;
        drop(waiting);
        for held in chosen {
            // A span is printed soon after it ended, and nothing is lost by that.
            let ended = held.span.end;
            self.lines.line(&self.otlp_json.line(span_data(&held, &self.scope), ended, Level::Info));
        }
    }
}

#[async_trait]
impl Telemetry for StdoutTelemetry {
    fn span_id(&self) -> SpanId {
        span_id()
    }

    fn handler_phase(&self, _: FinishedSpan<Handler>) {}

    fn stream_opened(&self, _: StreamOpened) {}

    fn streaming_phase(&self, mut span: FinishedSpan<Streaming>) {
        if span.name == names::STREAM {
            span.attributes.push(("spans_folded", 0_u64.into()));
        }
        let held = BufferedSpan::new(span, self.sizes);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(held);
    }

    fn is_export_due(&self, _: Timestamp) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len() >= EXPORT_SPANS
    }

    async fn export(&self, _: Timestamp) {
        self.print(|_| true);
    }

    async fn flush(&self, of: Option<&Arc<str>>, _: Timestamp) -> FlushOutcome {
        self.print(|id| Some(id) == of);
        FlushOutcome::Ok
    }

    fn stream_closed(&self, stream: StreamClosed) {
        self.print(|id| *id == stream.request_id);
    }

    fn shutdown(&self) {
        self.print(|_| true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        MemoryLines,
        testing::{clock, end, stream},
    };
    use lambda_trace::{Invocation, SpanKind};

    #[test]
    fn each_span_is_a_line_when_its_stream_is_flushed() {
        let lines = Arc::<MemoryLines>::default();
        let resource = Resource::builder_empty().with_service_name("tests").build();
        let sink: Arc<dyn Telemetry> = Arc::new(StdoutTelemetry::new(&resource, lines.clone()));
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
