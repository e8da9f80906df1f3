//! What goes over the wire when all is well.

use crate::bench::{Distant, Setup, within};
use lambda_env::{FunctionUrl, Invocation, Outcome};
use std::{sync::Arc, time::Duration};

fn browser(path: &str) -> Invocation {
    Invocation::url(FunctionUrl::get(path).header("accept", "text/event-stream"))
}

#[tokio::test]
async fn a_stream_is_prelude_nuls_and_a_chunk_a_write() {
    let function = Setup::default().start();
    let response = function.whole(browser("/api/v2/stream?tickers=t1,T2")).await;
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert!(response.has_separate_prelude());
    assert_eq!(response.headers["lambda-runtime-function-response-mode"], "streaming");
    assert_eq!(response.headers["content-type"], "application/vnd.awslambda.http-integration-response");
    assert_eq!(response.headers["transfer-encoding"], "chunked");
    assert!(response.headers.contains_key("lambda-runtime-invocation-id"), "echoed");
    let prelude = response.prelude().expect("a prelude");
    assert_eq!((prelude.status, prelude.headers["content-type"].as_str()), (200, "text/event-stream"));
    for chunk in &response.chunks[2..] {
        assert!(chunk.bytes.starts_with(b"event: ") && chunk.bytes.ends_with(b"\n\n"), "whole events only");
    }
    let names: Vec<_> = response.events().iter().map(|event| event.name.clone()).collect();
    assert_eq!(
        (names.first().map(String::as_str), names.last().map(String::as_str)),
        (Some("heartbeat"), Some("done"))
    );
    assert_eq!(names.iter().filter(|name| *name == "sentiment_update").count(), 2);
    assert!(response.trailers.is_empty());
    let spans = function.spans("sse_stream");
    assert_eq!(spans.len(), 1);
    assert_eq!(Some(spans[0].trace_id.clone()), response.trace.as_ref().map(|trace| trace.root.clone()));
    assert_eq!((&spans[0].attributes["end_reason"], spans[0].is_delivered), (&"stream_max".into(), true));
    function.goes_on().await;
}

#[tokio::test]
async fn events_of_a_rest_api_are_served_alike() {
    let mut event: serde_json::Value = serde_json::from_str(include_str!("rest-api-event.json")).expect("JSON");
    event["multiValueQueryStringParameters"] = serde_json::json!({"tickers": ["t1", "T2"]});
    let function = Setup::default().start();
    let response = function.whole(Invocation::json(event)).await;
    assert!(response.has_separate_prelude() && response.outcome == Some(Outcome::Complete));
    assert_eq!(response.prelude().map(|prelude| prelude.status), Some(200));
    let names: Vec<_> = response.events().into_iter().map(|event| event.name).collect();
    assert_eq!(
        (names.first().map(String::as_str), names.last().map(String::as_str)),
        (Some("heartbeat"), Some("done"))
    );
    assert_eq!(names.iter().filter(|name| *name == "sentiment_update").count(), 2);
    assert_eq!(function.spans("sse_stream").len(), 1);
    function.goes_on().await;
}

#[tokio::test]
async fn a_scheduled_ping_gets_an_empty_200() {
    let function = Setup::default().start();
    let ping =
        serde_json::json!({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    let response = function.whole(Invocation::json(ping)).await;
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert_eq!((response.prelude().map(|prelude| prelude.status), response.body().len()), (Some(200), 0));
    assert!(function.spans("sse_stream").is_empty() && function.spans("## handler").len() == 1);
    function.goes_on().await;
}

#[tokio::test]
async fn the_function_registers_itself_as_an_extension_that_wants_no_events() {
    let function = Setup::default().start();
    function.goes_on().await;
    let extensions = function.api.extensions();
    assert_eq!(extensions.len(), 1, "without one there is no SIGTERM");
    assert!(
        extensions[0].events.is_empty() && extensions[0].waits && extensions[0].failure.is_none(),
        "{extensions:?}"
    );
}

#[tokio::test]
async fn the_first_event_leaves_at_once() {
    let function = Setup { stream_max_ms: 0, ..Setup::default() }.start();
    // The first invocation pays for connections of the test's own.
    function.whole(Invocation::get("/api/v2/stream/status")).await;
    // A busy machine delays some; waiting for an acknowledgement would delay each.
    let mut delays = Vec::new();
    for _ in 0..5 {
        let mut call = function.invoke(browser("/api/v2/stream"));
        let first = within(call.event()).await.expect("an event");
        assert_eq!(first.name, "heartbeat");
        delays.push(call.so_far().time_to_first_byte().expect("a first byte"));
        call.cut();
        within(function.api.idle()).await;
    }
    // Head, prelude and first event leave together, without a round trip in between.
    assert!(delays.iter().any(|delay| *delay < Duration::from_millis(30)), "{delays:?}");
}

/// Rule: Immediate delivery.
#[tokio::test]
async fn no_event_waits_for_the_acknowledgement_of_the_one_before() {
    let mut gaps = Vec::new();
    // The shortest of a few: Nagle's algorithm would hold every one of them for 40 ms, a busy machine only some.
    for _ in 0..5 {
        let setup = Setup { poller: Some(Arc::new(Distant::default())), stream_max_ms: 150, ..Setup::default() };
        let events = setup.start().whole(browser("/api/v2/stream?tickers=T1")).await.timed_events();
        assert_eq!((events[0].1.name.as_str(), events[1].1.name.as_str()), ("heartbeat", "metrics"));
        gaps.push(events[1].0.since(&events[0].0));
    }
    assert!(gaps.iter().min() < Some(&Duration::from_millis(20)), "{gaps:?}");
}

#[tokio::test]
async fn plain_answers_are_streamed_too() {
    let function = Setup::default().start();
    for (path, status) in [("/", 404), ("/api/v2/stream/", 404), ("/api/v2/stream?tickers=A%0AB", 400)] {
        let response = function.whole(Invocation::get(path)).await;
        assert!(response.has_separate_prelude() && response.outcome == Some(Outcome::Complete), "{path}");
        assert_eq!(response.prelude().map(|prelude| prelude.status), Some(status), "{path}");
        assert!(response.body().starts_with(b"{\"detail\":"), "{path}");
    }
    let head = Invocation::url(FunctionUrl::new("HEAD", "/api/v2/stream"));
    let prelude = function.whole(head).await.prelude().expect("a prelude");
    assert_eq!((prelude.status, prelude.headers["allow"].as_str()), (405, "GET"));
    function.goes_on().await;
}

#[tokio::test]
async fn a_client_without_a_slot_is_told_so() {
    let function = Setup { max_connections: 1, slots: 2, stream_max_ms: 2_000, ..Setup::default() }.start();
    let mut open = function.invoke(browser("/api/v2/stream"));
    within(open.event()).await.expect("an event");
    let busy = within(function.invoke(browser("/api/v2/stream")).finish()).await;
    assert_eq!(busy.events().iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["busy"]);
    let refused = within(function.invoke(Invocation::get("/api/v2/stream")).finish()).await;
    assert_eq!(refused.prelude().map(|prelude| prelude.status), Some(503));
    within(open.finish()).await;
    within(function.api.idle()).await;
    function.goes_on().await;
}

#[tokio::test]
async fn two_at_once_are_two_traces() {
    let function = Setup { slots: 2, ..Setup::default() }.start();
    let mut calls = [function.invoke(browser("/api/v2/stream")), function.invoke(browser("/api/v2/stream"))];
    for call in &mut calls {
        assert_eq!(within(call.event()).await.expect("an event").name, "heartbeat");
    }
    for call in calls {
        let response = within(call.finish()).await;
        assert_eq!(response.outcome, Some(Outcome::Complete));
        let said = response.events()[0].json()["trace_id"].as_str().map(ToOwned::to_owned);
        assert_eq!(said, response.trace.map(|trace| trace.root));
    }
    within(function.api.idle()).await;
    let mut traces: Vec<_> = function.spans("sse_stream").into_iter().map(|span| span.trace_id).collect();
    traces.dedup();
    assert_eq!(traces.len(), 2);
    function.goes_on().await;
}

#[tokio::test]
async fn no_header_no_trace() {
    let function = Setup::default().start();
    let response = function.whole(browser("/api/v2/stream").no_trace()).await;
    assert!(response.events()[0].json().get("trace_id").is_none());
    assert!(function.telemetry.records().is_empty());
}
