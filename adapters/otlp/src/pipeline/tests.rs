use super::*;
use crate::{
    line_sink::MemoryLines,
    testing::{
        Collector, Handles, Step, Told, clock, config, end, header, hex, names, ports, spans, stream, streaming_only,
    },
};
use futures::{FutureExt, executor::block_on};
use lambda_trace::{EndReason, Invocation, ManualClock, SpanKind, Streaming, Telemetry};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value as Any, trace::v1::Span,
};
use serde_json::Value as Json;
use std::time::Duration;

/// A pipeline, its collector, its lines.
pub(super) struct Bench {
    pub(super) collector: Arc<Collector>,
    lines: Arc<MemoryLines>,
    pub(super) told: Arc<Told>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) handles: Arc<Handles>,
    pub(super) sink: Arc<dyn Telemetry>,
}

pub(super) fn bench(retain_bytes: usize, script: impl IntoIterator<Item = Step>) -> Bench {
    bench_of(config(retain_bytes), script)
}

pub(super) fn bench_of(config: PipelineConfig, script: impl IntoIterator<Item = Step>) -> Bench {
    let collector = Collector::following(script);
    let (lines, told) = (Arc::<MemoryLines>::default(), Arc::<Told>::default());
    let clock = clock();
    let resource = Resource::builder_empty().with_service_name("tests").build();
    let pipeline = Pipeline::over(collector.clone(), config, &resource, ports(&lines, &told, &clock));
    let handles = Handles::new(Arc::new(pipeline.expect("a pipeline")));
    Bench { collector, lines, told, clock, sink: streaming_only(handles.clone()), handles }
}

impl Bench {
    pub(super) fn stream(&self, n: u64) -> Invocation<Streaming> {
        stream(&self.sink, &self.clock, n, 900_000)
    }

    /// What an invocation without a stream does; five seconds are left for it.
    pub(super) fn flush_retained(&self) -> impl Future<Output = FlushOutcome> + use<> {
        let (sink, until) = (self.sink.clone(), self.clock.now().plus(Duration::from_secs(5)));
        async move { sink.flush_retained(until).await }
    }

    /// The flush of the `n`th stream; five seconds are left for it.
    pub(super) fn flush(&self, n: u64) -> impl Future<Output = FlushOutcome> + use<> {
        let (handle, until) = (self.handles.of(n), self.clock.now().plus(Duration::from_secs(5)));
        async move { handle.flush(until).await }
    }

    /// As a session that is awake asks, by way of the `n`th stream.
    pub(super) fn is_export_due(&self, n: u64) -> bool {
        self.handles.of(n).is_export_due(self.clock.now())
    }

    /// What it does then.
    pub(super) fn export(&self, n: u64) -> impl Future<Output = ()> + Send + use<> {
        let (handle, now) = (self.handles.of(n), self.clock.now());
        async move { handle.export(now).await }
    }

    pub(super) fn ledger(&self, message: &str) -> Vec<Json> {
        let lines = self.lines.all().into_iter();
        let parsed = lines.map(|line| serde_json::from_str::<Json>(&line).expect("JSON"));
        parsed.filter(|json| json["message"] == message).collect()
    }

    /// The one ledger line of a stream; its identity holds.
    pub(super) fn settled(&self, request_id: &str) -> Json {
        let mut of = self.ledger("telemetry ledger").into_iter().filter(|l| l["request_id"] == request_id);
        let line = of.next().expect("a ledger line");
        assert!(of.next().is_none(), "one line per stream");
        let number = |key: &str| line[key].as_u64().unwrap_or_default();
        let parts = ["delivered", "retained", "logged", "folded", "missing"].map(number);
        assert_eq!(number("created"), parts.iter().sum::<u64>(), "{line}");
        line
    }

    pub(super) fn given_up(&self) -> Vec<Span> {
        let lines = self.lines.all().into_iter().filter(|line| line.starts_with("{\"resourceSpans\""));
        let requests = lines.map(|l| serde_json::from_str::<ExportTraceServiceRequest>(&l).expect("OTLP/JSON"));
        requests.flat_map(spans).collect()
    }

    pub(super) fn check(&self, request_id: &str, expected: [(&str, u64); 4]) {
        let line = self.settled(request_id);
        for (key, n) in expected {
            assert_eq!(line[key], n, "{key} of {line}");
        }
    }
}

pub(super) fn event(stream: &Invocation<Streaming>, event_type: &'static str) {
    let mut span = stream.span(names::DISPATCH, SpanKind::Internal);
    span.set("event_type", event_type);
    span.set("latency_ms", 7_u64);
}

#[test]
fn delivered_spans_carry_the_invocations_trace_and_parents() {
    let bench = bench(1 << 20, []);
    let stream = bench.stream(1);
    event(&stream, "heartbeat");
    end(stream);
    bench.check("request-1", [("created", 2), ("delivered", 2), ("retained", 0), ("resent", 0)]);
    let requests = bench.collector.requests.lock().expect("lock").clone();
    let resource = requests[0].resource_spans[0].resource.as_ref().expect("resource");
    assert_eq!(resource.attributes[0].key, "service.name");
    let spans = bench.collector.accepted();
    let [dispatch, root] = &spans[..] else { panic!("{spans:?}") };
    let root_of_header = header(1).replace('-', "");
    assert!(root_of_header.contains(&hex(&root.trace_id)) && root.trace_id == dispatch.trace_id);
    assert_eq!(hex(&root.parent_span_id), "53995c3f42cd8ad8");
    assert_eq!(dispatch.parent_span_id, root.span_id);
    assert_eq!((root.name.as_str(), root.kind), ("sse_stream", 1));
    assert_eq!(number(root, "spans_folded"), Some(0));
    let line = bench.settled("request-1");
    assert_eq!((&line["flush_outcome"], &line["level"]), (&"ok".into(), &"INFO".into()));
    assert_eq!(line["trace_id"], header(1)["Root=".len()..40]);
    assert_eq!(line["SpansNotDelivered"], 0);
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Tests");
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "SpansNotDelivered");
    assert_eq!(line["Environment"], "unit");
}

fn number(span: &Span, key: &str) -> Option<i64> {
    let pair = span.attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.as_ref()?.value.as_ref()? {
        Any::IntValue(n) => Some(*n),
        _ => None,
    }
}

/// Rule: Retention.
#[test]
fn a_refused_flush_retains_and_the_next_invocation_carries_it_off_after_its_own() {
    let bench = bench(1 << 20, [Step::Refuse]);
    end(bench.stream(1));
    bench.check("request-1", [("created", 1), ("delivered", 0), ("retained", 1), ("resent", 0)]);
    assert_eq!(bench.settled("request-1")["flush_outcome"], "refused");
    bench.clock.advance(Duration::from_secs(10));
    let second = bench.stream(2);
    event(&second, "heartbeat");
    end(second);
    bench.check("request-2", [("created", 2), ("delivered", 2), ("retained", 0), ("resent", 0)]);
    let names = bench.collector.accepted_names();
    assert_eq!(names, ["sse_event_dispatch", "sse_stream", "sse_stream"]);
    let late = bench.ledger("telemetry ledger late");
    assert_eq!(late.len(), 1);
    assert_eq!((&late[0]["request_id"], &late[0]["delivered"]), (&"request-1".into(), &1.into()));
    assert_eq!(bench.given_up(), []);
}

#[test]
fn with_nothing_to_send_there_is_no_io() {
    let bench = bench(1 << 20, []);
    end(bench.stream(1));
    let attempts = bench.collector.attempts();
    let _other = bench.stream(9);
    assert_eq!(block_on(bench.flush_retained()), FlushOutcome::Ok);
    assert_eq!(block_on(bench.flush(9)), FlushOutcome::Ok);
    assert_eq!(bench.collector.attempts(), attempts);
}

#[test]
fn an_unsampled_answer_carries_off_what_is_retained() {
    let bench = bench(1 << 20, [Step::Status(503)]);
    end(bench.stream(1));
    assert_eq!(bench.settled("request-1")["retained"], 1);
    bench.clock.advance(Duration::from_secs(10));
    assert_eq!(block_on(bench.flush_retained()), FlushOutcome::Ok);
    assert_eq!(bench.collector.accepted_names(), ["sse_stream"]);
    assert_eq!(bench.ledger("telemetry ledger late")[0]["delivered"], 1);
}

#[test]
fn a_dropped_flush_loses_nothing_and_what_it_sends_again_is_counted() {
    let bench = bench(1 << 20, [Step::Hang]);
    let first = bench.stream(1);
    event(&first, "heartbeat");
    let mut flushing = Box::pin(async { first.finish(EndReason::Deadline).await.settle().await });
    assert!((&mut flushing).now_or_never().is_none());
    bench.clock.advance(Duration::from_millis(5_100));
    assert!((&mut flushing).now_or_never().is_none(), "one more look");
    bench.clock.advance(Duration::from_millis(10));
    let settled = flushing.now_or_never().expect("at its limit");
    assert_eq!(settled.outcome(), FlushOutcome::Timeout);
    bench.check("request-1", [("created", 2), ("delivered", 0), ("retained", 2), ("resent", 0)]);
    bench.clock.advance(Duration::from_secs(10));
    end(bench.stream(2));
    assert_eq!(bench.collector.accepted_names().len(), 3);
    let late = &bench.ledger("telemetry ledger late")[0];
    assert_eq!((&late["delivered"], &late["resent"]), (&2.into(), &2.into()));
}

#[test]
fn an_answer_that_was_read_is_no_reason_for_doubt() {
    for (step, resent) in [(Step::Status(503), 0), (Step::Refuse, 0), (Step::Break, 1)] {
        let bench = bench(1 << 20, [step]);
        let first = bench.stream(1);
        event(&first, "heartbeat");
        block_on(bench.flush(1));
        bench.clock.advance(Duration::from_secs(10));
        end(first);
        let line = bench.settled("request-1");
        assert_eq!((&line["delivered"], &line["resent"]), (&2.into(), &resent.into()), "{step:?}");
    }
}

#[test]
fn rejected_spans_are_written_and_counted() {
    let bench = bench(1 << 20, [Step::Status(400)]);
    end(bench.stream(1));
    bench.check("request-1", [("created", 1), ("logged", 1), ("retained", 0), ("delivered", 0)]);
    let line = bench.settled("request-1");
    assert_eq!((&line["flush_outcome"], &line["SpansNotDelivered"]), (&"rejected".into(), &1.into()));
    assert_eq!((&line["timestamp"], &line["level"]), (&bench.clock.now().to_string().into(), &"WARN".into()));
    assert_eq!(bench.given_up()[0].name, "sse_stream");
}

#[test]
fn a_partial_success_delivers_the_rest() {
    let bench = bench(1 << 20, [Step::Partial(1)]);
    let stream = bench.stream(1);
    event(&stream, "heartbeat");
    end(stream);
    bench.check("request-1", [("created", 2), ("logged", 1), ("retained", 0), ("delivered", 1)]);
    assert_eq!(bench.settled("request-1")["flush_outcome"], "rejected");
    // Which one was refused nobody says: both can be replayed.
    assert_eq!(bench.given_up().len(), 2);
}

#[test]
fn without_retention_a_failed_span_is_given_up_at_once() {
    let bench = bench(0, [Step::Refuse]);
    end(bench.stream(1));
    bench.check("request-1", [("created", 1), ("logged", 1), ("retained", 0), ("delivered", 0)]);
    assert_eq!(bench.given_up().len(), 1);
    assert_eq!(block_on(bench.flush_retained()), FlushOutcome::Ok);
    assert_eq!(bench.collector.attempts(), 1);
}

/// Rule: Retention.
#[test]
fn retention_is_bounded_and_the_oldest_goes_first() {
    let bench = bench(2_500, (0..9).map(|_| Step::Refuse));
    for n in 1..=9 {
        end(bench.stream(n));
    }
    let given_up = bench.given_up();
    assert!((1..9).contains(&given_up.len()), "{}", given_up.len());
    let gone = |n: usize| header(n as u64).replace('-', "").contains(&hex(&given_up[n - 1].trace_id));
    assert!((1..=given_up.len()).all(gone), "in the order of their streams");
    let late: u64 = bench.ledger("telemetry ledger late").iter().filter_map(|l| l["logged"].as_u64()).sum();
    assert_eq!(late, given_up.len() as u64);
}

#[test]
fn last_words_settle_everything() {
    let bench = bench(1 << 20, [Step::Refuse]);
    end(bench.stream(1));
    let open = bench.stream(2);
    event(&open, "heartbeat");
    block_on(bench.sink.shutdown());
    assert_eq!(bench.given_up().len(), 2);
    assert_eq!(bench.ledger("telemetry ledger late")[0]["logged"], 1);
    bench.clock.advance(Duration::from_secs(10));
    end(open);
    bench.check("request-2", [("created", 2), ("logged", 1), ("delivered", 1), ("retained", 0)]);
}

#[test]
fn a_leaked_span_is_missed() {
    let bench = bench(1 << 20, []);
    let stream = bench.stream(1);
    std::mem::forget(stream.span(names::DISPATCH, SpanKind::Internal));
    end(stream);
    let line = bench.settled("request-1");
    assert_eq!((&line["created"], &line["missing"]), (&2.into(), &1.into()));
}

#[test]
fn streams_beside_each_other_have_accounts_of_their_own() {
    let bench = bench(1 << 20, []);
    let (one, two) = (bench.stream(1), bench.stream(2));
    event(&one, "heartbeat");
    event(&two, "heartbeat");
    event(&two, "metrics");
    end(one);
    assert_eq!(bench.collector.accepted_names().len(), 2, "only its own");
    end(two);
    bench.check("request-1", [("created", 2), ("delivered", 2), ("retained", 0), ("folded", 0)]);
    bench.check("request-2", [("created", 3), ("delivered", 3), ("retained", 0), ("folded", 0)]);
}

#[test]
fn only_http_endpoints_with_a_host_are_taken() {
    for bad in ["https://localhost:4318/v1/traces", "/v1/traces", "localhost:4318", "http://localhost:99999", ""] {
        assert!(tcp(bad).is_err(), "{bad}");
    }
    for good in ["http://[::1]:4318/v1/traces", "http://localhost", "http://h:65535"] {
        assert!(tcp(good).is_ok(), "{good}");
    }
}
