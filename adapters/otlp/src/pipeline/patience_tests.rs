//! A collector in trouble for long: how often it is asked, what waits meanwhile, and what an operator is told.

use super::tests::{Bench, bench, bench_of, event};
use crate::testing::{Step, config, end, spans};
use futures::{FutureExt, executor::block_on};
use lambda_trace::{EndReason, FlushOutcome, Timestamp};
use std::time::Duration;

/// Ends a stream with one event at this moment of the run.
fn invocation(bench: &Bench, n: u64) -> FlushOutcome {
    let stream = bench.stream(n);
    event(&stream, "heartbeat");
    end(stream)
}

#[test]
fn after_an_answer_that_asks_for_patience_nothing_is_sent_for_ten_seconds() {
    for step in [Step::Refuse, Step::Break, Step::Status(408), Step::Status(429), Step::Status(500), Step::Status(503)]
    {
        let bench = bench(1 << 20, [step]);
        assert_eq!(invocation(&bench, 1), FlushOutcome::Refused, "{step:?}");
        for (n, ms) in [(2, 0), (3, 4_000), (4, 5_999)] {
            bench.clock.advance(Duration::from_millis(ms));
            assert_eq!(invocation(&bench, n), FlushOutcome::Refused, "{step:?}");
            assert_eq!(
                bench.flush_retained().now_or_never(),
                Some(FlushOutcome::Refused),
                "held back, it does not wait"
            );
            assert_eq!(bench.collector.attempts(), 1, "{step:?} after {ms} ms");
            bench.check(&format!("request-{n}"), [("created", 2), ("retained", 2), ("delivered", 0), ("logged", 0)]);
        }
        bench.clock.advance(Duration::from_millis(1));
        assert_eq!(invocation(&bench, 5), FlushOutcome::Ok, "{step:?}");
        assert_eq!(bench.collector.accepted().len(), 10, "all of it");
        assert_eq!(bench.given_up(), []);
    }
}

#[test]
fn an_invocation_asks_a_failing_collector_once_whatever_is_retained() {
    let bench = bench(1 << 20, [Step::Status(500); 61]);
    for n in 1..=61 {
        let before = bench.collector.attempts();
        invocation(&bench, n);
        assert_eq!(bench.collector.attempts(), before + 1, "invocation {n}");
        let sent = spans(bench.collector.requests.lock().expect("lock").last().expect("a request").clone());
        assert!(sent[0].trace_id.ends_with(&n.to_be_bytes()), "its own spans first");
        bench.clock.advance(Duration::from_secs(10));
    }
    let before = bench.collector.attempts();
    invocation(&bench, 62);
    assert_eq!(bench.collector.accepted().len(), 124, "and then everything arrives");
    assert_eq!(bench.collector.attempts() - before, 1 + 122_u64.div_ceil(50), "as few requests as hold it");
    assert_eq!(bench.ledger("telemetry ledger late").len(), 61);
}

#[test]
fn what_the_collector_says_is_how_long_it_lasts() {
    let bench = bench(1 << 20, [Step::RetryAfter(30)]);
    let roomy = bench.stream(1);
    event(&roomy, "heartbeat");
    bench.clock.advance(Duration::from_secs(30));
    block_on(bench.export(1));
    for _ in 0..60 {
        event(&roomy, "heartbeat");
    }
    bench.clock.advance(Duration::from_millis(29_999));
    assert!(!bench.is_export_due(1), "an export waits too");
    block_on(bench.export(1));
    assert_eq!((invocation(&bench, 2), bench.collector.attempts()), (FlushOutcome::Refused, 1));
    bench.clock.advance(Duration::from_millis(1));
    assert!(bench.is_export_due(1));
    end(roomy);
    assert_eq!(bench.settled("request-1")["retained"], 0);
}

#[test]
fn a_flush_that_nobody_answered_begins_the_wait_and_one_that_was_dropped_early_does_not() {
    for (at_its_limit, attempts) in [(true, 1), (false, 2)] {
        let bench = bench(1 << 20, [Step::Hang]);
        let first = bench.stream(1);
        let mut flushing = Box::pin(async { first.finish(EndReason::Deadline).await.settle().await });
        assert!((&mut flushing).now_or_never().is_none());
        if at_its_limit {
            bench.clock.advance(Duration::from_secs(5));
            assert!((&mut flushing).now_or_never().is_none(), "one more look");
            bench.clock.advance(Duration::from_millis(1));
            assert_eq!(flushing.now_or_never().map(|settled| settled.outcome()), Some(FlushOutcome::Timeout));
        } else {
            drop(flushing);
        }
        let outcome = invocation(&bench, 2);
        assert_eq!(outcome, if at_its_limit { FlushOutcome::Timeout } else { FlushOutcome::Ok });
        assert_eq!(bench.collector.attempts() > 1, attempts > 1);
    }
}

#[test]
fn a_clock_that_is_set_back_does_not_prolong_the_wait() {
    let bench = bench(1 << 20, [Step::Refuse]);
    invocation(&bench, 1);
    bench.clock.set(Timestamp::from_millis(1_000));
    assert_eq!(invocation(&bench, 2), FlushOutcome::Ok);
}

#[test]
fn of_several_outcomes_the_worst_is_told() {
    let bench = bench(1 << 20, [Step::Refuse, Step::Status(400), Step::Status(503)]);
    invocation(&bench, 1);
    bench.clock.advance(Duration::from_secs(10));
    assert_eq!(invocation(&bench, 2), FlushOutcome::Rejected, "its own were rejected, the retained ones put off");
    assert_eq!((bench.collector.attempts(), bench.ledger("telemetry ledger late").len()), (3, 0));
}

#[test]
fn a_request_holds_fifty_spans_in_every_path() {
    let roomy = crate::PipelineConfig { trace_budget_bytes: 1 << 30, ..config(1 << 20) };
    let bench = bench_of(roomy, [Step::Accept, Step::Accept, Step::Refuse]);
    let stream = bench.stream(1);
    for _ in 0..60 {
        event(&stream, "heartbeat");
    }
    block_on(bench.export(1));
    for _ in 0..129 {
        event(&stream, "heartbeat");
    }
    assert_eq!(end(stream), FlushOutcome::Refused);
    bench.clock.advance(Duration::from_secs(10));
    block_on(bench.flush_retained());
    let requests =
        bench.collector.requests.lock().expect("lock").iter().cloned().map(|r| spans(r).len()).collect::<Vec<_>>();
    assert_eq!(requests, [50, 10, 50, 50, 30]);
    assert_eq!(bench.ledger("telemetry ledger late")[0]["delivered"], 130);
}

#[test]
fn what_a_collector_never_takes_costs_no_other_stream_its_spans() {
    // Three streams have to wait; together they are refused for good, and by themselves only the second one is.
    let script = [Step::Refuse, Step::Accept, Step::Status(400), Step::Accept, Step::Status(400)];
    let bench = bench(1 << 20, script);
    for n in 1..=3 {
        invocation(&bench, n);
    }
    bench.clock.advance(Duration::from_secs(10));
    assert_eq!(invocation(&bench, 4), FlushOutcome::Rejected);
    assert_eq!((bench.collector.attempts(), bench.collector.accepted().len()), (6, 6));
    let late = bench.ledger("telemetry ledger late");
    let line = |line: &serde_json::Value| {
        (line["request_id"].as_str().map(str::to_owned), line["delivered"].as_u64(), line["logged"].as_u64())
    };
    let expected = [(1, 2, 0), (2, 0, 2), (3, 2, 0)];
    let expected = expected.map(|(n, delivered, logged)| (Some(format!("request-{n}")), Some(delivered), Some(logged)));
    assert_eq!(late.iter().map(line).collect::<Vec<_>>(), expected);
    assert!(late.iter().all(|line| line["resent"] == 0), "each answer was read");
}

#[test]
fn of_a_partial_success_as_many_are_counted_as_were_refused() {
    let bench = bench(1 << 20, [Step::Refuse, Step::Partial(3)]);
    for n in 1..=3 {
        invocation(&bench, n);
    }
    bench.clock.advance(Duration::from_secs(10));
    assert_eq!(block_on(bench.flush_retained()), FlushOutcome::Rejected);
    let late = bench.ledger("telemetry ledger late");
    let counts = |line: &serde_json::Value| (line["delivered"].as_u64(), line["logged"].as_u64());
    let expected = [(0, 2), (1, 1), (2, 0)].map(|(delivered, logged)| (Some(delivered), Some(logged)));
    assert_eq!(late.iter().map(counts).collect::<Vec<_>>(), expected);
    assert_eq!(bench.given_up().len(), 6, "which ones were refused nobody says");
}

#[test]
fn late_lines_of_evicted_streams_appear_at_once() {
    let bench = bench(2_500, [Step::Refuse]);
    for n in 1..=9 {
        invocation(&bench, n);
        let late: u64 = bench.ledger("telemetry ledger late").iter().filter_map(|l| l["logged"].as_u64()).sum();
        let own: u64 = bench.ledger("telemetry ledger").iter().filter_map(|l| l["logged"].as_u64()).sum();
        assert_eq!(late + own, bench.given_up().len() as u64, "after invocation {n}");
    }
    assert!(bench.given_up().len() > 9);
}

#[test]
fn what_refuses_spans_is_told_once_a_change() {
    let at = "http://localhost:4318/v1/traces";
    let script =
        [Step::Status(404), Step::Status(404), Step::Partial(1), Step::Partial(1), Step::Accept, Step::Partial(1)];
    let bench = bench(1 << 20, script);
    for n in 1..=6 {
        invocation(&bench, n);
    }
    let told = bench.told.all();
    let begin = [
        format!("{at} answered 404 to spans: no ("),
        format!("{at} rejected 1 spans of a request: no ("),
        format!("{at} recovered"),
        format!("{at} rejected 1 spans of a request: no ("),
    ];
    assert_eq!(told.len(), begin.len(), "{told:?}");
    assert!(told.iter().zip(begin).all(|(told, begin)| told.starts_with(&begin)), "{told:?}");
}

#[test]
fn a_collector_that_is_not_there_is_told_once() {
    let bench = bench(1 << 20, [Step::Refuse; 5]);
    for n in 1..=6 {
        invocation(&bench, n);
        bench.clock.advance(Duration::from_secs(10));
    }
    let told = bench.told.all();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("spans could not be sent to http://localhost:4318/v1/traces: no connection"),
        "{told:?}"
    );
}
