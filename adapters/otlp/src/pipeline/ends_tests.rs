//! Streams that end at the same time.
//!
//! Rule: Many streams.

use super::tests::{Bench, bench, event};
use crate::testing::{Step, end};
use futures::{FutureExt, future::BoxFuture};
use lambda_trace::{FlushOutcome, Invocation, Streaming};

/// Three streams with one event each, whose flushes wait for their turn: an export of a fourth one is under way, and takes no end.
fn waiting(
    script: impl IntoIterator<Item = Step>,
) -> (Bench, [Invocation<Streaming>; 4], [BoxFuture<'static, FlushOutcome>; 3]) {
    let bench = bench(1 << 20, std::iter::once(Step::Hang).chain(script));
    let streams = [4, 1, 2, 3].map(|n| bench.stream(n));
    event(&streams[0], "heartbeat");
    let mut exporting = bench.export(4).boxed();
    assert!((&mut exporting).now_or_never().is_none());
    let flushes = [1, 2, 3].map(|n| {
        event(&streams[n], "heartbeat");
        let mut flush = bench.flush(n as u64).boxed();
        assert!((&mut flush).now_or_never().is_none(), "it waits for its turn");
        flush
    });
    (bench, streams, flushes)
}

#[test]
fn one_request_takes_the_spans_of_all_who_wait() {
    let (bench, streams, flushes) = waiting([]);
    let outcomes = flushes.map(FutureExt::now_or_never);
    assert_eq!(outcomes, [Some(FlushOutcome::Ok); 3]);
    // The third request brings what the export had to give back.
    assert_eq!((bench.collector.attempts(), bench.collector.accepted().len()), (3, 4));
    let _ = streams.map(end);
    for n in 1..=3 {
        bench.check(&format!("request-{n}"), [("created", 2), ("delivered", 2), ("retained", 0), ("resent", 0)]);
    }
}

#[test]
fn each_is_told_how_its_own_spans_fared() {
    // Together they are refused for good, and by themselves only the second one is.
    let script = [Step::Status(400), Step::Accept, Step::Status(400), Step::Accept];
    let (bench, streams, flushes) = waiting(script);
    let outcomes = flushes.map(|flush| flush.now_or_never().expect("nothing to wait for"));
    assert_eq!(outcomes, [FlushOutcome::Ok, FlushOutcome::Rejected, FlushOutcome::Ok]);
    let _ = streams.map(end);
    for (n, logged) in [(1, 0), (2, 1), (3, 0)] {
        bench.check(&format!("request-{n}"), [("created", 2), ("logged", logged), ("retained", 0), ("resent", 0)]);
    }
}

#[test]
fn who_takes_others_along_and_is_dropped_gives_all_of_it_back() {
    let (bench, streams, [mut first, second, third]) = waiting([Step::Hang]);
    assert!((&mut first).now_or_never().is_none(), "the collector does not answer");
    drop(first);
    assert_eq!([second, third].map(FutureExt::now_or_never), [Some(FlushOutcome::Ok); 2]);
    assert_eq!(bench.collector.accepted().len(), 4, "each once");
    let _ = streams.map(end);
    for n in 1..=3 {
        bench.check(&format!("request-{n}"), [("created", 2), ("delivered", 2), ("retained", 0), ("resent", 1)]);
    }
}

#[test]
fn a_collector_that_asks_for_patience_is_asked_once() {
    let (bench, streams, flushes) = waiting([Step::Status(503)]);
    assert_eq!(flushes.map(FutureExt::now_or_never), [Some(FlushOutcome::Refused); 3]);
    assert_eq!(bench.collector.attempts(), 2);
    let _ = streams.map(end);
    for n in 1..=3 {
        bench.check(&format!("request-{n}"), [("created", 2), ("delivered", 0), ("retained", 2), ("logged", 0)]);
    }
}
