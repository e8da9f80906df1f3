//! What goes over the wire when something fails, and that the loop goes on.

use crate::bench::{Panicking, Setup, within};
use lambda_env::{FunctionUrl, Invocation, Outcome, ResponseFault, RuntimeApi, When, runtime_api::RuntimeApiOptions};
use sse_streaming::{
    config,
    function::{self, FunctionError},
};
use std::{sync::Arc, time::Duration};

fn stream() -> Invocation {
    Invocation::url(FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream"))
}

#[tokio::test]
async fn a_session_that_panics_ends_in_trailers() {
    let function = Setup { poller: Some(Arc::new(Panicking)), ..Setup::default() }.start();
    let response = function.whole(stream()).await;
    let Some(Outcome::ErrorTrailers { kind, .. }) = &response.outcome else { panic!("{:?}", response.outcome) };
    assert_eq!(kind, "Runtime.StreamError");
    assert!(response.has_separate_prelude());
    assert!(response.events().iter().all(|event| event.name == "heartbeat"), "no final event");
    let spans = function.spans("sse_stream");
    assert_eq!((spans.len(), &spans[0].attributes["end_reason"]), (1, &"error".into()));
    assert!(spans[0].is_delivered, "flushed all the same");
    function.goes_on().await;
}

#[tokio::test]
async fn a_handler_that_panics_is_an_error_before_the_first_byte() {
    let function = Setup::default().start();
    let event = FunctionUrl::get("/api/v2/configurations/c/stream?user_token=hidden");
    let response = function.whole(Invocation::url(event)).await;
    let Some(Outcome::Error { kind, body }) = &response.outcome else { panic!("{:?}", response.outcome) };
    assert_eq!(kind, "Runtime.HandlerPanic");
    let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    assert!(body["errorMessage"].is_string() && !body.to_string().contains("hidden"), "{body}");
    function.goes_on().await;
}

#[tokio::test]
async fn other_events_are_refused_with_a_clear_text() {
    let function = Setup::default().start();
    let event = serde_json::json!({"Records": [{"eventSource": "aws:sqs", "body": "hidden"}]});
    let response = function.whole(Invocation::json(event)).await;
    let Some(Outcome::Error { kind, body }) = &response.outcome else { panic!("{:?}", response.outcome) };
    assert_eq!(kind, "Runtime.UnsupportedEvent");
    let body = String::from_utf8_lossy(body);
    assert!(body.contains("Function URLs (payload format 2.0)") && !body.contains("hidden"), "{body}");
    function.goes_on().await;
}

/// Whatever ends the response early ends the session, and costs no time.
async fn check_early_end(invocation: Invocation, outcome: &Outcome) {
    let function = Setup { stream_max_ms: 0, ..Setup::default() }.start();
    let response = function.whole(invocation).await;
    assert_eq!(response.outcome.as_ref(), Some(outcome));
    let spans = function.spans("sse_stream");
    assert_eq!((spans.len(), &spans[0].attributes["end_reason"]), (1, &"client_disconnected".into()));
    assert!(response.duration().is_some_and(|took| took < Duration::from_secs(3)));
    function.goes_on().await;
}

#[tokio::test]
async fn too_much_is_413_and_goes_on() {
    let refused = ResponseFault::Refuse(http::StatusCode::PAYLOAD_TOO_LARGE);
    let outcome = Outcome::Refused(http::StatusCode::PAYLOAD_TOO_LARGE);
    check_early_end(stream().fault(When::AfterChunks(4), refused), &outcome).await;
}

#[tokio::test]
async fn too_late_is_410_and_goes_on() {
    check_early_end(stream().stale(), &Outcome::Refused(http::StatusCode::GONE)).await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_client_that_left() {
    check_early_end(stream().fault(When::AfterChunks(3), ResponseFault::Cut), &Outcome::Cut).await;
}

#[tokio::test]
async fn without_the_runtime_api_there_is_nothing_to_do() {
    let function = Setup::default().start();
    within(function.api.idle()).await;
    function.api.go_away().await;
    assert!(matches!(function.ended().await, Err(FunctionError::Runtime(_))));
}

#[tokio::test]
async fn a_bad_configuration_is_an_init_error() {
    let api = RuntimeApi::start(RuntimeApiOptions::default()).expect("a port");
    let (_, problems) = config::read(&|name| (name == "SSE_RETRY_MS").then(|| "soon".to_owned()));
    let ended = within(function::run(&api.address().to_string(), 1, Err(problems))).await;
    assert!(matches!(ended, Err(FunctionError::Configuration(_))));
    let error = within(api.init_error()).await;
    assert_eq!(error.kind, "Runtime.InitError");
    let body: serde_json::Value = serde_json::from_slice(&error.body).expect("JSON");
    assert!(body["errorMessage"].as_str().is_some_and(|text| text.contains("SSE_RETRY_MS is \"soon\"")), "{body}");
}
