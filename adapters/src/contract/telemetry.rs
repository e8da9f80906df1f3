//! `Telemetry`: each span comes out once, under its own trace and parent; of an untraced invocation nothing does.

use futures::FutureExt;
use lambda_trace::{Clock, FlushOutcome, Invocation, SpanKind, Streaming, StreamingTelemetry};
use lambda_trace_otlp::testing::{Handles, clock, end, header, names, stream, stream_under, streaming_only};
use std::{collections::HashSet, sync::Arc, time::Duration};

/// The parent that every header of these tests names.
const SEGMENT: &str = "53995c3f42cd8ad8";

/// A streaming-phase span as it came out, ids in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Out {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) parent_id: String,
    pub(crate) name: String,
}

/// An adapter, and where its spans come out.
pub(crate) trait TelemetryUnderTest {
    fn adapter(&self) -> Arc<dyn StreamingTelemetry>;
    /// What was delivered or printed so far.
    fn out(&self) -> Vec<Out>;
}

/// What every adapter does, `off` included.
///
/// # Panics
/// The adapter breaks the contract.
pub(crate) fn check_untraced(under_test: &dyn TelemetryUnderTest) {
    let sink = streaming_only(under_test.adapter());
    let flush = sink.flush_retained(clock().now().plus(Duration::from_secs(5))).now_or_never();
    assert_eq!(flush, Some(FlushOutcome::Ok), "nothing to send, nothing to wait for");
    let unsampled = header(1).replace("Sampled=1", "Sampled=0");
    let stream = stream_under(&unsampled, &sink, &clock(), 1, 1_000);
    event(&stream);
    assert_eq!(end(stream), FlushOutcome::Ok);
    sink.shutdown().now_or_never();
    assert_eq!(under_test.out(), []);
}

/// What an adapter does with spans.
///
/// # Panics
/// The adapter breaks the contract.
pub(crate) fn check_spans(under_test: &dyn TelemetryUnderTest) {
    let (handles, clock) = (Handles::new(under_test.adapter()), clock());
    let sink = streaming_only(handles.clone());
    let begin = |n| stream(&sink, &clock, n, 1_000);
    let (one, other) = (begin(1), begin(2));
    for stream in [&one, &other, &one] {
        event(stream);
    }
    // Given up midway, as at a limit: whatever it was at then is not lost, and does not come out twice.
    let _ = handles.of(1).flush(clock.now().plus(Duration::from_secs(5))).now_or_never();
    event(&one);
    assert_eq!(end(one), FlushOutcome::Ok);
    check_trace(&under_test.out(), 1, 3);
    assert_eq!(end(other), FlushOutcome::Ok);
    check_trace(&under_test.out(), 1, 3);
    check_trace(&under_test.out(), 2, 1);
    assert_eq!(under_test.out().len(), 6, "spans of no trace: {:?}", under_test.out());
}

/// What an adapter whose spans leave the process does when that ends.
///
/// # Panics
/// The adapter breaks the contract.
pub(crate) fn check_last_words(under_test: &dyn TelemetryUnderTest) {
    let sink = streaming_only(under_test.adapter());
    let stream = stream(&sink, &clock(), 1, 1_000);
    for _ in 0..3 {
        event(&stream);
    }
    drop(stream);
    sink.shutdown().now_or_never();
    check_trace(&under_test.out(), 1, 3);
    sink.shutdown().now_or_never();
    assert_eq!(under_test.out().len(), 4, "said twice");
}

fn event(stream: &Invocation<Streaming>) {
    drop(stream.span(names::DISPATCH, SpanKind::Internal));
}

/// The stream's span below the segment of its own header, `events` spans below that one, each once.
fn check_trace(out: &[Out], n: u64, events: usize) {
    let trace_id = header(n)["Root=1-".len()..].split(';').next().expect("an id").replace('-', "");
    let of_trace: Vec<_> = out.iter().filter(|span| span.trace_id == trace_id).collect();
    let (roots, children): (Vec<&Out>, Vec<&Out>) = of_trace.iter().partition(|span| span.name == names::STREAM);
    let [root] = roots[..] else { panic!("{} spans of the stream itself: {of_trace:?}", roots.len()) };
    assert_eq!(root.parent_id, SEGMENT);
    assert!(children.iter().all(|span| span.parent_id == root.span_id), "{of_trace:?}");
    assert_eq!(children.len(), events, "{of_trace:?}");
    let ids: HashSet<_> = of_trace.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), of_trace.len(), "a span came out twice: {of_trace:?}");
}

mod tests {
    use super::*;
    use crate::memory::{MemoryTelemetry, RecordPhase};
    use lambda_trace::Off;
    use lambda_trace_otlp::{
        MemoryLines, Pipeline, StdoutTelemetry,
        testing::{Collector, Step, config, hex, ports, spans},
    };
    use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
    use opentelemetry_sdk::Resource;

    impl TelemetryUnderTest for Off {
        fn adapter(&self) -> Arc<dyn StreamingTelemetry> {
            Arc::new(*self)
        }
        fn out(&self) -> Vec<Out> {
            Vec::new()
        }
    }

    impl TelemetryUnderTest for MemoryTelemetry {
        fn adapter(&self) -> Arc<dyn StreamingTelemetry> {
            Arc::new(self.clone())
        }
        fn out(&self) -> Vec<Out> {
            let records = self.records().into_iter();
            let out = records.filter(|record| record.phase == RecordPhase::Streaming && record.is_delivered);
            out.map(|record| Out {
                trace_id: record.trace_id["1-".len()..].replace('-', ""),
                span_id: record.span_id,
                parent_id: record.parent_id,
                name: record.name.to_owned(),
            })
            .collect()
        }
    }

    fn resource() -> Resource {
        Resource::builder_empty().with_service_name("tests").build()
    }

    fn out(span: Span) -> Out {
        Out {
            trace_id: hex(&span.trace_id),
            span_id: hex(&span.span_id),
            parent_id: hex(&span.parent_span_id),
            name: span.name,
        }
    }

    fn printed(lines: &MemoryLines) -> Vec<Out> {
        let otlp = lines.all().into_iter().filter(|line| line.starts_with("{\"resourceSpans\""));
        let requests = otlp.map(|line| serde_json::from_str::<ExportTraceServiceRequest>(&line).expect("OTLP/JSON"));
        requests.flat_map(spans).map(out).collect()
    }

    struct Printing(Arc<StdoutTelemetry>, Arc<MemoryLines>);

    impl Printing {
        fn new() -> Self {
            let lines = Arc::<MemoryLines>::default();
            Self(Arc::new(StdoutTelemetry::new(&config(0), &resource(), lines.clone())), lines)
        }
    }

    impl TelemetryUnderTest for Printing {
        fn adapter(&self) -> Arc<dyn StreamingTelemetry> {
            self.0.clone()
        }
        fn out(&self) -> Vec<Out> {
            printed(&self.1)
        }
    }

    struct Sending(Arc<dyn StreamingTelemetry>, Arc<Collector>, Arc<MemoryLines>);

    impl Sending {
        fn new(script: impl IntoIterator<Item = Step>) -> Self {
            let (collector, lines) = (Collector::following(script), Arc::<MemoryLines>::default());
            let pipeline = Pipeline::over(
                collector.clone(),
                config(1 << 20),
                &resource(),
                ports(&lines, &Arc::default(), &clock()),
            );
            Self(Arc::new(pipeline.expect("a pipeline")), collector, lines)
        }
    }

    impl TelemetryUnderTest for Sending {
        fn adapter(&self) -> Arc<dyn StreamingTelemetry> {
            self.0.clone()
        }
        fn out(&self) -> Vec<Out> {
            let mut all: Vec<_> = self.1.accepted().into_iter().map(out).collect();
            all.extend(printed(&self.2));
            all
        }
    }

    #[test]
    fn off() {
        check_untraced(&Off);
    }

    #[test]
    fn in_memory() {
        check_untraced(&MemoryTelemetry::default());
        check_spans(&MemoryTelemetry::default());
    }

    #[test]
    fn as_lines() {
        check_untraced(&Printing::new());
        check_spans(&Printing::new());
        check_last_words(&Printing::new());
    }

    #[test]
    fn to_a_collector() {
        check_untraced(&Sending::new([]));
        check_spans(&Sending::new([]));
        check_last_words(&Sending::new([]));
    }

    #[test]
    fn to_a_collector_that_hangs_at_first() {
        check_spans(&Sending::new([Step::Hang]));
        check_last_words(&Sending::new([Step::Hang]));
    }
}
