//! One environment with many workers, each with its stream: what one process does for all of them at once.

use std::time::Duration;

use futures::future::join_all;
use lambda_env::{Call, Environment, Freeze, OtlpFault, Outcome, Stamp};

use crate::{
    audit,
    fixture::{Fixture, started, stream, within},
    turns,
};

/// What Lambda leaves a process with several workers after SIGTERM.
const STOPPED: Duration = Duration::from_millis(600);

/// As many streams as an environment of so many workers takes, each past its first event.
async fn all_open(fixture: &Fixture, workers: usize) -> (Environment, Vec<Call>) {
    let builder = fixture.function().concurrency(workers).freeze(Freeze::Never).var("SSE_STREAM_MAX_MS", "60000");
    let environment = started(builder).await;
    let mut calls = Vec::new();
    for _ in 0..workers - (workers / 16).max(1) {
        calls.push(within(environment.invoke(stream())).await.unwrap());
    }
    for call in &mut calls {
        assert_eq!(within(call.event()).await.unwrap().name, "heartbeat");
    }
    (environment, calls)
}

async fn every_stream_ends_with_done(workers: usize, fault: Option<OtlpFault>) {
    let fixture = Fixture::new().await;
    let (environment, calls) = all_open(&fixture, workers).await;
    // The reserve says so, instead of the platform's 429.
    let busy = within(async { environment.invoke(stream()).await.unwrap().finish().await }).await;
    assert_eq!(busy.events().last().map(|event| event.name.clone()).as_deref(), Some("busy"));
    fixture.collector.set_fault(fault).await.unwrap();
    fixture.write(7, "positive");
    let began = Stamp::now();
    let (end, mut responses) =
        tokio::join!(within(environment.shut_down()), within(join_all(calls.into_iter().map(Call::finish))));
    let end = end.unwrap();
    println!("{workers} workers, {fault:?}: over after {:?}", end.duration);
    assert!(end.terminated && !end.killed && end.exit.code == Some(0), "{end:?}");
    assert!(end.duration < STOPPED && began.elapsed() < 2 * STOPPED, "{end:?}");
    for response in &responses {
        assert_eq!(response.outcome, Some(Outcome::Complete));
        assert_eq!(response.events().last().unwrap().name, "done");
    }
    responses.push(busy);
    let figures = audit::passes(&fixture.evidence(&environment, responses, Vec::new()));
    println!("{workers} workers, {fault:?}: {figures:?}");
    assert_eq!(figures.delivered + figures.logged + figures.folded, figures.created);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_with_all_streams_open_loses_no_span() {
    let _turn = turns::alone().await;
    for fault in [None, Some(OtlpFault::Refuse), Some(OtlpFault::Hang)] {
        every_stream_ends_with_done(64, fault).await;
    }
}
