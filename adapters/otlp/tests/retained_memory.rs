//! The retention bound is a bound on memory: what the process holds grows by less than twice as much. A process of its own,
//! because it looks at the memory of the whole process.
#![cfg(target_os = "linux")]

use futures::executor::block_on;
use lambda_trace::{AwsCall, CallError, Clock, Failure, SpanKind};
use lambda_trace_otlp::{
    LineSink, Pipeline, PipelineConfig, PipelinePorts, resource,
    testing::{Collector, Handles, Step, Told, clock, config, end, names, stream, streaming_only},
};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

const BOUND_BYTES: usize = 4 << 20;

/// Counts lines and forgets them.
#[derive(Default)]
struct Counter(AtomicUsize);

impl LineSink for Counter {
    fn line(&self, _: &str) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn resident_bytes() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("a process");
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("pages");
    pages * 4_096
}

/// As many streams as there are, each with as many failed calls, whose texts come with spare room.
fn grown_by(streams: u64, calls: usize, text: usize) -> (usize, usize) {
    let (collector, clock) = (Collector::following(std::iter::repeat_n(Step::Refuse, 10_000)), clock());
    let lines = Arc::<Counter>::default();
    let ports = PipelinePorts { lines: lines.clone(), collector_log: Arc::<Told>::default(), clock: clock.clone() };
    let config = PipelineConfig { trace_budget_bytes: 1 << 30, ..config(BOUND_BYTES) };
    let pipeline = Pipeline::over(collector, config, &resource("tests", &[]), ports).expect("a pipeline");
    let handles = Handles::new(Arc::new(pipeline));
    let sink = streaming_only(handles.clone());
    let before = resident_bytes();
    for n in 1..=streams {
        let stream = stream(&sink, &clock, n, 1_000);
        for _ in 0..calls {
            let mut detail = String::with_capacity(4 * text);
            detail.push_str(&"m".repeat(text));
            let report = AwsCall { service: "DynamoDB", operation: "Query", attempts: 1, ..AwsCall::default() };
            let error = CallError { failure: Failure::Faulted, error_type: "Fault".into(), detail, report };
            let mut span = stream.span(names::POLL, SpanKind::Client);
            span.set("sentiment_type", String::from("positive"));
            span.failed(&error);
        }
        block_on(handles.of(n).export(clock.now()));
        end(stream);
        clock.advance(Duration::from_secs(1));
    }
    (resident_bytes().saturating_sub(before), lines.0.load(Relaxed))
}

#[test]
fn memory_grows_by_less_than_twice_the_bound() {
    // Long texts, short ones, and streams with a single span.
    for (streams, calls, text) in [(200, 40, 20_000), (400, 100, 10), (6_000, 0, 0)] {
        let (grown, lines) = grown_by(streams, calls, text);
        assert!(lines > 0, "the bound was reached");
        assert!(grown < 2 * BOUND_BYTES, "{grown} bytes, with {streams} streams of {calls} calls of {text}");
    }
}
