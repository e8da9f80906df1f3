//! One environment with many workers, each with its stream, on Managed Instances: never frozen, time limits that nobody enforces,
//! 429 in front when all workers are taken, and no SIGTERM unless the function registers itself.

mod resuming;
mod sigterm;
mod troubles;

use std::time::Duration;

use futures::future::join_all;
use lambda_env::{
    Call, Environment, FunctionUrl, Invocation, Outcome, Response, SseEvent, Stamp,
    environment::MANAGED_RUNTIME_SHUTDOWN,
};

use crate::{
    fixture::{Fixture, started, stream, within},
    turns,
};

/// Between polls, and between heartbeats, where there are many streams.
const POLL: Duration = Duration::from_millis(500);

/// An environment that waits for its first events with all its workers.
async fn environment(fixture: &Fixture, workers: usize, variables: &[(&str, &str)]) -> Environment {
    let poll = POLL.as_millis().to_string();
    let builder = fixture.managed(workers).runtime_shutdown(runtime_shutdown(workers));
    let builder = builder.var("SSE_STREAM_MAX_MS", "60000").var("SSE_POLL_INTERVAL_MS", &poll);
    let builder = builder.var("SSE_HEARTBEAT_INTERVAL_MS", "1000");
    let builder = variables.iter().fold(builder, |builder, (name, value)| builder.var(name, value));
    let environment = started(builder).await;
    within(environment.idle()).await;
    environment
}

/// From SIGTERM to SIGKILL. A thousand streams are meant for sixteen processors, which end them sooner than the few of a machine for
/// tests.
const fn runtime_shutdown(workers: usize) -> Duration {
    if workers > 256 { Duration::from_secs(2) } else { MANAGED_RUNTIME_SHUTDOWN }
}

/// Streams that an environment of so many workers takes.
const fn slots(workers: usize) -> usize {
    let reserve = workers / 16;
    workers - if reserve == 0 { 1 } else { reserve }
}

/// So many streams at once. They begin in groups: what all of them say to the X-Ray daemon in one moment is more than the kernel
/// holds of datagrams.
async fn open(environment: &Environment, streams: usize, of: impl Fn() -> Invocation) -> Vec<Call> {
    const GROUP: usize = 64;
    let mut calls: Vec<Call> = Vec::new();
    for number in 0..streams {
        calls.push(within(environment.invoke(of())).await.unwrap());
        if number % GROUP == GROUP - 1 {
            let _ = within(calls[number].prelude()).await;
        }
    }
    calls
}

/// Reads each stream up to its first event that fits; when each came.
async fn each_until(calls: &mut [Call], fits: impl Fn(&SseEvent) -> bool) -> Vec<Stamp> {
    within(join_all(calls.iter_mut().map(|call| until(call, &fits)))).await
}

async fn until(call: &mut Call, fits: &impl Fn(&SseEvent) -> bool) -> Stamp {
    while !fits(&call.event().await.expect("a stream ended before")) {}
    Stamp::now()
}

async fn each_finished(calls: Vec<Call>) -> Vec<Response> {
    within(join_all(calls.into_iter().map(Call::finish))).await
}

fn status() -> Invocation {
    Invocation::url(FunctionUrl::get("/api/v2/stream/status"))
}

async fn ask(environment: &Environment, invocation: Invocation) -> Response {
    within(async { environment.invoke(invocation).await.unwrap().finish().await }).await
}

/// All slots taken: the reserve says so. All workers taken: the platform does, and ends a browser's stream with that.
/// Rule: Many streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reserve_answers_and_beyond_it_the_platform_throttles() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let held = environment(&fixture, 64, &[]).await;
    let mut calls = open(&held, slots(64), stream).await;
    each_until(&mut calls, |event| event.name == "heartbeat").await;
    // As many as the reserve has workers: one that has just answered may not be back yet.
    for _ in 0..2 {
        let busy = ask(&held, stream()).await;
        let event = busy.events().pop().unwrap();
        assert_eq!((event.name.as_str(), &event.json()["reason"]), ("busy", &serde_json::json!("max_connections")));
        let status = ask(&held, status()).await;
        assert_eq!(status.prelude().map(|prelude| prelude.status), Some(200));
        let body: serde_json::Value = serde_json::from_slice(&status.body()).unwrap();
        assert_eq!((&body["connections"], &body["available"]), (&serde_json::json!(60), &serde_json::json!(0)));
    }
    // Without a reserve.
    let full = environment(&fixture, 16, &[("SSE_MAX_CONNECTIONS", "16"), ("SSE_STREAM_MAX_MS", "1500")]).await;
    let mut calls = open(&full, 16, stream).await;
    each_until(&mut calls, |event| event.name == "heartbeat").await;
    assert_eq!(ask(&full, stream()).await.outcome, Some(Outcome::Throttled));
    assert!(each_finished(calls).await.iter().all(|stream| stream.outcome == Some(Outcome::Complete)));
    within(full.idle()).await;
    assert_eq!(ask(&full, stream()).await.outcome, Some(Outcome::Complete));
    assert_eq!((full.violations(), held.violations()), (vec![], vec![]));
}
