//! Exports in mid-stream, and what begins within which limit.

use super::tests::{Bench, bench, bench_of, event};
use super::*;
use crate::testing::{Step, config, end};
use futures::{FutureExt, executor::block_on};
use lambda_trace::{Invocation, Streaming};
use std::time::Duration;

#[test]
fn exports_are_due_by_count_and_by_age() {
    let bench = bench(1 << 20, []);
    let stream = bench.stream(1);
    event(&stream, "heartbeat");
    assert!(!bench.is_export_due(1));
    bench.clock.advance(Duration::from_secs(30));
    assert!(bench.is_export_due(1));
    block_on(bench.export(1));
    assert!(!bench.is_export_due(1));
    assert_eq!(bench.collector.accepted().len(), 1);
    let others: Vec<_> = (2..=51).map(|n| bench.stream(n)).collect();
    for other in &others {
        event(other, "heartbeat");
    }
    assert!(bench.is_export_due(1));
    end(stream);
    bench.check("request-1", [("created", 2), ("delivered", 2), ("retained", 0), ("folded", 0)]);
    for other in others {
        end(other);
    }
}

/// Makes `count` events in turns on `streams`, each followed by what a session does when it is awake.
fn events_and_exports(bench: &Bench, streams: &[Invocation<Streaming>], count: usize) {
    for n in 0..count {
        event(&streams[n % streams.len()], "sentiment_update");
        if bench.is_export_due(1) {
            block_on(bench.export(1));
        }
    }
}

#[test]
fn a_collector_that_is_back_gets_all_of_it_with_the_next_batch() {
    let roomy = PipelineConfig { trace_budget_bytes: 1 << 30, ..config(1 << 20) };
    let bench = bench_of(roomy, [Step::Status(503); 3]);
    let streams = [1, 2, 3].map(|n| bench.stream(n));
    for attempts in 1..=3 {
        events_and_exports(&bench, &streams, 150);
        assert_eq!((bench.collector.attempts(), bench.collector.accepted().len()), (attempts, 0));
        bench.clock.advance(Duration::from_secs(10));
    }
    events_and_exports(&bench, &streams, 1);
    assert_eq!(bench.collector.accepted().len(), 451);
}

#[test]
fn a_batch_that_is_refused_for_good_keeps_no_other_stream_waiting() {
    let roomy = PipelineConfig { trace_budget_bytes: 1 << 30, ..config(1 << 20) };
    // Both together, and then the first one by itself.
    let bench = bench_of(roomy, [Step::Status(400); 2]);
    let streams = [1, 2].map(|n| bench.stream(n));
    events_and_exports(&bench, &streams, 50);
    assert_eq!((bench.given_up().len(), bench.collector.accepted().len()), (25, 25));
}

#[test]
fn a_hanging_export_in_mid_stream_is_given_up_and_its_spans_kept() {
    let bench = bench(1 << 20, [Step::Hang]);
    let stream = bench.stream(1);
    event(&stream, "heartbeat");
    let mut exporting = Box::pin(bench.export(1));
    assert!((&mut exporting).now_or_never().is_none());
    bench.clock.advance(Duration::from_secs(5));
    assert!((&mut exporting).now_or_never().is_none(), "one more look");
    bench.clock.advance(Duration::from_millis(1));
    assert!((&mut exporting).now_or_never().is_some());
    drop(exporting);
    bench.clock.advance(Duration::from_secs(10));
    end(stream);
    let line = bench.settled("request-1");
    assert_eq!((&line["delivered"], &line["resent"]), (&2.into(), &1.into()));
}

#[test]
fn nobody_waits_for_an_export_that_is_not_about_them() {
    let bench = bench(1 << 20, [Step::Hang]);
    let stream = bench.stream(1);
    event(&stream, "heartbeat");
    let mut exporting = Box::pin(bench.export(1));
    assert!((&mut exporting).now_or_never().is_none());
    assert!(Box::pin(bench.flush_retained()).now_or_never().is_some(), "there is nothing for it to send");
    assert!(Box::pin(bench.flush(1)).now_or_never().is_none(), "its own spans are on their way");
    drop(exporting);
    end(stream);
}

#[test]
fn what_could_not_be_over_within_the_limit_is_not_begun() {
    for (waited, left) in [(380, true), (381, false)] {
        let bench = bench(1 << 20, [Step::Hang]);
        let streams = [1, 2].map(|n| bench.stream(n));
        event(&streams[0], "heartbeat");
        let mut exporting = Box::pin(bench.export(1));
        assert!((&mut exporting).now_or_never().is_none());
        event(&streams[1], "heartbeat");
        let (own, until) = (bench.handles.of(2), bench.clock.now().plus(Duration::from_millis(400)));
        let mut flushing = own.flush(until);
        assert!((&mut flushing).now_or_never().is_none(), "it waits for its turn");
        bench.clock.advance(Duration::from_millis(waited));
        drop(exporting);
        let expected = if left { FlushOutcome::Ok } else { FlushOutcome::Timeout };
        assert_eq!((flushing.now_or_never(), bench.collector.attempts() > 1), (Some(expected), left));
        let [one, other] = streams;
        assert_eq!([end(one), end(other)], [FlushOutcome::Ok; 2]);
        assert_eq!(bench.collector.accepted().len(), 4, "each once");
    }
}

#[test]
fn an_export_does_not_wait_for_its_turn() {
    let roomy = PipelineConfig { trace_budget_bytes: 1 << 30, ..config(1 << 20) };
    let bench = bench_of(roomy, [Step::Hang]);
    let stream = bench.stream(1);
    for _ in 0..64 {
        event(&stream, "heartbeat");
    }
    assert!(bench.is_export_due(1));
    let mut flushing = Box::pin(bench.flush(1));
    assert!((&mut flushing).now_or_never().is_none());
    for _ in 0..64 {
        event(&stream, "heartbeat");
    }
    assert!(!bench.is_export_due(1), "while something is sent it would wait");
    assert!(bench.export(1).now_or_never().is_some());
    assert_eq!(bench.collector.attempts(), 1);
    drop(flushing);
    assert!(bench.is_export_due(1));
    end(stream);
}

#[test]
fn with_no_time_from_the_start_a_flush_tries_all_the_same() {
    let bench = bench(1 << 20, []);
    let stream = bench.stream(1);
    event(&stream, "heartbeat");
    assert_eq!(bench.handles.of(1).flush(bench.clock.now()).now_or_never(), Some(FlushOutcome::Ok));
    assert_eq!(bench.collector.accepted().len(), 1);
    drop(stream);
}
