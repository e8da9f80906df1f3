//! SIGTERM with all streams open: each ends with `done`, and each span is delivered or printed, in its own trace; until then one poll
//! has served all of them.

use std::{collections::BTreeSet, time::Duration};

use lambda_env::{Environment, OtlpFault, Outcome, Stamp, environment::MANAGED_RUNTIME_SHUTDOWN};

use super::{POLL, each_finished, each_until, environment, open, slots};
use crate::{
    audit,
    fixture::{Fixture, stream, within},
    turns,
};

/// Query calls and capacity units while nothing but polls goes on, against those of a single stream.
async fn one_poll_for_all(fixture: &Fixture, streams: usize) {
    const WHILE: Duration = Duration::from_secs(2);
    let before = fixture.aws.calls().len();
    tokio::time::sleep(WHILE).await;
    let calls = &fixture.aws.calls()[before..];
    let queries: Vec<_> = calls.iter().filter(|call| call.operation == "Query").collect();
    let rounds = WHILE.as_millis() / POLL.as_millis() + 1;
    let units: f64 = queries.iter().map(|call| call.capacity).sum();
    println!("{streams} streams: {} Query calls and {units} units in {WHILE:?}", queries.len());
    assert!((3..=3 * rounds).contains(&(queries.len() as u128)), "{} Query calls", queries.len());
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let most = 0.5 * 3.0 * rounds as f64;
    assert!(units <= most, "{units} units, {most} for one stream");
}

/// How long after an item was written each reader had it: the median, 99 % and the last, in milliseconds.
fn spread(mut times: Vec<Duration>) -> [u128; 3] {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_millis();
    [at(50), at(99), at(100)]
}

async fn rss_kib(environment: &Environment) -> u64 {
    environment.memory().await.unwrap().rss_kib
}

async fn with_all_open(workers: usize, fault: Option<OtlpFault>) {
    let fixture = Fixture::new().await;
    let environment = environment(&fixture, workers, &[]).await;
    let idle = rss_kib(&environment).await;
    let streams = slots(workers);
    let mut calls = open(&environment, streams, stream).await;
    each_until(&mut calls, |event| event.name == "sentiment_update").await;
    if fault.is_none() {
        one_poll_for_all(&fixture, streams).await;
        let kib = (rss_kib(&environment).await - idle) / streams as u64;
        let written = Stamp::now();
        fixture.write(7, "positive");
        let came = each_until(&mut calls, |event| event.json()["ticker"] == "T7").await;
        let [median, p99, last] = spread(came.iter().map(|at| at.since(&written)).collect());
        println!(
            "{workers} workers: {kib} KiB a stream; an item at all readers after {median} ms (p50), {p99} (p99), {last}"
        );
        assert!(p99 < 2 * POLL.as_millis(), "{p99} ms");
    }
    fixture.collector.set_fault(fault).await.unwrap();
    let (end, responses) = tokio::join!(within(environment.shut_down()), each_finished(calls));
    let end = end.unwrap();
    assert!(end.terminated && !end.killed && end.exit.code == Some(0), "{end:?}");
    assert!(end.duration < MANAGED_RUNTIME_SHUTDOWN, "{end:?}");
    for response in &responses {
        assert_eq!(response.outcome, Some(Outcome::Complete));
        assert_eq!(response.events().last().unwrap().name, "done");
    }
    let traces: BTreeSet<_> =
        responses.iter().filter_map(|response| Some(response.trace.as_ref()?.trace_id())).collect();
    assert_eq!(traces.len(), streams);
    let figures = audit::passes(&fixture.evidence(&environment, responses, Vec::new()));
    println!("{workers} workers, {fault:?}: over after {:?}: {figures:?}", end.duration);
    assert_eq!(figures.delivered + figures.logged + figures.folded, figures.created);
}

/// Rule: Many streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_span_of_64_streams_is_in_its_own_trace_and_none_is_lost_at_sigterm() {
    let _turn = turns::alone().await;
    for fault in
        [None, Some(OtlpFault::Refuse), Some(OtlpFault::Hang), Some(OtlpFault::Slow(Duration::from_millis(50)))]
    {
        with_all_open(64, fault).await;
    }
}

/// Rule: Many streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_span_of_256_streams_is_in_its_own_trace_and_none_is_lost_at_sigterm() {
    let _turn = turns::alone().await;
    for fault in [None, Some(OtlpFault::Hang)] {
        with_all_open(256, fault).await;
    }
}

/// Rule: Many streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_span_of_1024_streams_is_in_its_own_trace_and_none_is_lost_at_sigterm() {
    let _turn = turns::alone().await;
    for fault in [None, Some(OtlpFault::Hang)] {
        with_all_open(1_024, fault).await;
    }
}
