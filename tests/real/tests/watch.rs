//! A second opinion on the Lambda protocol: `cargo lambda watch` runs the function. It differs from Lambda (one address for all
//! functions, deadlines long past, POST /response answered before the body, traces of its own); the function copes.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use lambda_env::{SseEvent, SseReader, Stamp};
use sse_real::{
    exchange::{AnyBody, Upstream},
    tool::{Tool, free_address, log, service, tools},
};
use std::{path::Path, time::Duration};
use tokio::{process::Command, time::timeout};

const VARIABLES: &str = "ENVIRONMENT=watch,SSE_STORE=memory,SSE_METRICS=none,SSE_TELEMETRY=stdout,SSE_STREAM_MAX_MS=3000,\
    SSE_POLL_INTERVAL_MS=200,SSE_HEARTBEAT_INTERVAL_MS=500";
/// It builds the function first.
const PATIENCE: Duration = Duration::from_mins(2);

async fn ask(function: &Upstream, method: &str, path: &str) -> Response<AnyBody> {
    let request = Request::builder().method(method).uri(format!("/lambda-url/sse-streaming{path}"));
    let request = request.header("accept", "text/event-stream").body(Bytes::new()).unwrap();
    timeout(PATIENCE, function.stream(request)).await.expect("no answer")
}

/// Every event of a stream, with its arrival.
async fn read(answer: Response<AnyBody>) -> Vec<(Stamp, SseEvent)> {
    let (mut body, mut reader, mut events) = (answer.into_body(), SseReader::new(), Vec::new());
    while let Some(frame) = timeout(PATIENCE, body.frame()).await.expect("no event") {
        reader.push(frame.unwrap().data_ref().unwrap());
        events.extend(std::iter::from_fn(|| reader.take_event()).map(|event| (Stamp::now(), event)));
    }
    assert!(!reader.is_inside_event());
    events
}

fn is_whole(events: &[(Stamp, SseEvent)]) {
    let (first, last) = (&events[0].1, &events[events.len() - 1].1);
    assert_eq!(first.name, "heartbeat");
    assert!(first.retry.is_some() && first.json()["trace_id"].as_str().unwrap().starts_with("1-"), "{first:?}");
    // Not `deadline`: one that is long past is none.
    assert_eq!((last.name.as_str(), &last.json()["reason"]), ("done", &"stream_max".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_lambda_watch_streams_it() {
    let address = free_address().unwrap();
    let mut command = Command::new(tools().join("cargo-lambda-1.9.2/bin/cargo-lambda"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    command.args(["lambda", "watch", "--package", "sse-streaming", "--bin", "sse-streaming", "--ignore-changes"]);
    // The profile of the binary that the other parts run, so that nothing is built twice.
    if service().components().any(|part| part.as_os_str() == "deploy") {
        command.args(["--profile", "deploy"]);
    }
    command.args(["--invoke-address", &address.ip().to_string(), "--invoke-port", &address.port().to_string()]);
    command.args(["--env-var", VARIABLES]);
    let watch = Tool::start(command, address, "watch-function.log").await.unwrap();
    let function = Upstream::new(address);

    let answer = ask(&function, "GET", "/api/v2/stream").await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    assert_eq!(answer.headers()["cache-control"], "no-cache, no-transform");
    let events = read(answer).await;
    is_whole(&events);
    let arrivals: Vec<_> = events.windows(2).map(|pair| pair[1].0.since(&pair[0].0).as_millis()).collect();
    let apart = arrivals.iter().filter(|ms| **ms > 50).count();
    assert!(apart >= 5, "it did not come as it was written: {arrivals:?}");

    // Plain answers, each a body with the right head.
    for (method, path, status) in
        [("GET", "/api/v2/stream/status", 200), ("GET", "/x", 404), ("POST", "/api/v2/stream", 405)]
    {
        let answer = ask(&function, method, path).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
            (status, "application/json")
        );
        assert_eq!(answer.headers().contains_key("allow"), status == 405);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(serde_json::from_slice::<serde_json::Value>(&body).unwrap().is_object(), "{path}");
    }

    // A client that leaves, and two at once: the function goes on.
    let mut left = ask(&function, "GET", "/api/v2/stream").await;
    left.body_mut().frame().await.unwrap().unwrap();
    drop(left);
    let (one, other) = tokio::join!(ask(&function, "GET", "/api/v2/stream"), ask(&function, "GET", "/api/v2/stream"));
    let (one, other) = tokio::join!(read(one), read(other));
    is_whole(&one);
    is_whole(&other);

    watch.stop().await.unwrap();
    let log = log("watch-function.log").unwrap();
    let errors: Vec<_> =
        log.lines().filter(|line| line.contains(r#""level":"ERROR""#) || line.contains("panicked")).collect();
    assert_eq!(errors, Vec::<&str>::new());
    println!("=> {} events in {} steps, plain answers, a client that left, two at once", events.len(), apart + 1);
}
