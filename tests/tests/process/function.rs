//! The function: frozen, thawed, shut down.

use crate::program::{path, within};
use lambda_env::{
    Deadline, Environment, FakeAws, FunctionUrl, Invocation, Item, OtlpReceiver, Outcome, StartFailure, TableSpec,
    XrayReceiver, environment::EnvironmentBuilder,
};
use lambda_trace::Clock;
use serde_json::Value;
use sse_adapters::system::SystemClock;
use std::time::Duration;

const POLL_MS: u64 = 100;

pub(crate) struct World {
    pub(crate) aws: FakeAws,
    pub(crate) collector: OtlpReceiver,
    pub(crate) daemon: XrayReceiver,
}

impl World {
    pub(crate) async fn new() -> Self {
        let aws = FakeAws::start().expect("a port");
        aws.create_table(TableSpec::new("items", "source_id").index("by_sentiment", "sentiment", "updated_at"));
        let collector = OtlpReceiver::start().expect("a port");
        let daemon = XrayReceiver::start().await.expect("a port");
        let world = Self { aws, collector, daemon };
        world.put("i-1", "AAPL");
        world
    }

    fn put(&self, id: &str, ticker: &str) {
        let item = Item::new()
            .text("source_id", id)
            .text("sentiment", "positive")
            .text("updated_at", &SystemClock.now().to_string())
            .number("score", 0.5)
            .texts("matched_tickers", &[ticker]);
        assert!(self.aws.put("items", item));
    }

    pub(crate) fn function(&self) -> EnvironmentBuilder {
        Environment::builder(path())
            .beside(&self.aws)
            .beside(&self.collector)
            .beside(&self.daemon)
            .var("SENTIMENTS_TABLE", "items")
            .var("ENVIRONMENT", "test")
            .var("SSE_METRICS", "none")
            .var("SSE_POLL_INTERVAL_MS", &POLL_MS.to_string())
            .var("SSE_HEARTBEAT_INTERVAL_MS", "200")
            .var("SSE_DEADLINE_MARGIN_MS", "1000")
            .extension_present()
    }
}

pub(crate) fn stream(path: &str) -> FunctionUrl {
    FunctionUrl::get(path).header("accept", "text/event-stream")
}

fn ledger(function: &Environment, request_id: &str) -> Option<Value> {
    function
        .log()
        .json()
        .into_iter()
        .find(|line| line["message"] == "telemetry ledger" && line["request_id"] == request_id)
}

#[tokio::test]
async fn an_item_reaches_the_client_within_two_polls_and_every_span_the_collector() {
    let _turn = crate::turns::shared().await;
    let world = World::new().await;
    let function = within(world.function().start()).await.expect("a start");
    let invocation = Invocation::url(stream("/api/v2/stream")).deadline(Deadline::In(Duration::from_secs(4)));
    let mut call = within(function.invoke(invocation)).await.expect("a process");
    let shows = async |call: &mut lambda_env::Call, ticker: &str| loop {
        let event = within(call.event()).await.expect("the stream goes on");
        if event.name == "sentiment_update" && event.json()["ticker"] == ticker {
            return;
        }
    };
    shows(&mut call, "AAPL").await;
    world.put("i-2", "MSFT");
    let written = lambda_env::Stamp::now();
    shows(&mut call, "MSFT").await;
    assert!(written.elapsed() < Duration::from_millis(2 * POLL_MS + 50), "{:?}", written.elapsed());
    let request_id = call.request_id().to_owned();
    let response = within(call.finish()).await;
    assert_eq!(response.outcome, Some(Outcome::Complete));
    within(function.frozen()).await;
    assert!(function.is_stopped().await);

    let ledger = ledger(&function, &request_id).expect("a ledger line before `next`");
    let spans = world.collector.spans();
    assert_eq!(ledger["delivered"], spans.len());
    assert_eq!(
        (&ledger["retained"], &ledger["logged"], &ledger["flush_outcome"]),
        (&0.into(), &0.into(), &"ok".into())
    );
    let trace = response.trace.expect("a trace");
    let root = spans.iter().find(|s| s.span.name == "sse_stream").expect("the stream's own span");
    assert_eq!((&root.span.parent_id, root.span.text("end_reason")), (&trace.parent, "deadline"));
    let queries = world.aws.calls().into_iter().filter(|call| call.operation == "Query");
    let polls = spans.iter().filter(|s| s.span.name == "dynamodb_poll");
    let folded = ledger["folded"].as_u64().expect("a number");
    assert_eq!(queries.count() as u64, polls.count() as u64 + folded, "each call is one span, or folded");
    let subsegments = within(world.daemon.wait_for(1)).await;
    assert_eq!(subsegments[0].json["name"], "## handler");
    assert_eq!(function.violations(), []);
}

/// Rule: FR-059.
#[tokio::test]
async fn every_invocation_is_thawed_and_has_its_own_trace() {
    let _turn = crate::turns::shared().await;
    let world = World::new().await;
    let function = within(world.function().var("SSE_STREAM_MAX_MS", "250").start()).await.expect("a start");
    for number in 0..3 {
        let call = within(function.invoke(stream("/api/v2/stream"))).await.expect("a process");
        let response = within(call.finish()).await;
        within(function.frozen()).await;
        let trace = response.trace.as_ref().expect("a trace");
        let trace_id = trace.trace_id();
        let spans = world.collector.take();
        assert!(spans.iter().all(|s| s.span.trace_id == trace_id), "{number}");
        let root = spans.iter().find(|s| s.span.name == "sse_stream").expect("a span");
        assert_eq!(root.span.attributes["is_cold_start"], number == 0);
        assert_eq!(response.events().last().map(|event| event.name.as_str()), Some("done"));
    }
    assert_eq!(function.violations(), []);
}

#[tokio::test]
async fn all_that_is_wrong_is_one_init_error() {
    let _turn = crate::turns::shared().await;
    let world = World::new().await;
    let wrong = world
        .function()
        .without_var("ENVIRONMENT")
        .var("SSE_POLL_INTERVAL_MS", "1")
        .var("AWS_LAMBDA_EXEC_WRAPPER", "/opt/wrapper")
        .var("SSE_JWT_SECRET", "hidden")
        .var("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector");
    let error = within(wrong.start()).await.expect_err("no start");
    let StartFailure::Init { exit, killed, .. } = &error.failure else { panic!("{error:?}") };
    assert_eq!((exit.code, *killed), (Some(1), false));
    let text = format!("{} {error:?}", error.failure);
    for name in [
        "ENVIRONMENT",
        "SSE_POLL_INTERVAL_MS",
        "AWS_LAMBDA_EXEC_WRAPPER",
        "SSE_JWT_SECRET",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ] {
        assert!(text.contains(name), "{name}: {text}");
    }
    assert!(!text.contains("hidden"), "{text}");
}

#[tokio::test]
async fn sigterm_ends_a_stream_with_done_within_its_300_ms() {
    let _turn = crate::turns::shared().await;
    let world = World::new().await;
    let function = within(world.function().start()).await.expect("a start");
    let mut call = within(function.invoke(stream("/api/v2/stream"))).await.expect("a process");
    within(call.event()).await.expect("an event");
    let request_id = call.request_id().to_owned();
    let end = within(function.shut_down()).await.expect("a process");
    assert_eq!((end.exit.code, end.terminated, end.killed), (Some(0), true, false), "{end:?}");
    let response = within(call.finish()).await;
    let last = response.events().pop().expect("an event");
    assert_eq!((last.name.as_str(), last.json()["reason"].as_str()), ("done", Some("shutdown")));
    assert!(ledger(&function, &request_id).is_some());
}

#[tokio::test]
async fn sigterm_at_rest_is_an_exit() {
    let _turn = crate::turns::shared().await;
    let world = World::new().await;
    let function = within(world.function().start()).await.expect("a start");
    within(function.frozen()).await;
    let end = within(function.shut_down()).await.expect("a process");
    assert_eq!((end.exit.code, end.killed), (Some(0), false), "{end:?}");
}

#[tokio::test]
async fn two_at_once_share_one_process_and_one_poll() {
    let _turn = crate::turns::shared().await;
    let world = World::new().await;
    let function = world.function().concurrency(2).var("SSE_STREAM_MAX_MS", "600").var("SSE_MAX_CONNECTIONS", "2");
    let function = within(function.start()).await.expect("a start");
    let mut calls = Vec::new();
    for _ in 0..2 {
        calls.push(within(function.invoke(stream("/api/v2/stream"))).await.expect("a process"));
    }
    for call in &mut calls {
        assert_eq!(within(call.event()).await.expect("an event").name, "heartbeat");
    }
    let mut traces = Vec::new();
    for call in calls {
        let response = within(call.finish()).await;
        assert_eq!(response.outcome, Some(Outcome::Complete));
        let connections = response.events().iter().filter_map(|event| event.json()["connections"].as_u64()).max();
        assert_eq!(connections, Some(2));
        traces.push(response.trace.expect("a trace").root);
    }
    within(function.idle()).await;
    assert_ne!(traces[0], traces[1]);
    let spans = world.collector.spans();
    assert_eq!(spans.iter().filter(|s| s.span.name == "sse_stream").count(), 2);
    let shared: i64 = spans.iter().filter_map(|s| s.span.number("polls_shared")).sum();
    assert!(shared > 0, "one stream reads for both");
    assert_eq!(function.violations(), []);
}

#[tokio::test]
async fn no_token_and_no_query_in_any_log_or_span() {
    let _turn = crate::turns::shared().await;
    let world = World::new().await;
    let secret = "0123456789abcdef0123456789abcdef";
    let function =
        world.function().var("SSE_JWT_SECRET", secret).var("RUST_LOG", "trace").var("SSE_STREAM_MAX_MS", "250");
    let function = within(function.start()).await.expect("a start");
    for path in [
        "/api/v2/configurations/c/stream?user_token=hidden.token.here&x=hidden",
        "/api/v2/stream?tickers=AAPL&note=hidden",
    ] {
        let request = stream(path).header("authorization", "Basic hidden").header("x-forwarded-for", "hidden");
        within(within(function.invoke(request)).await.expect("a process").finish()).await;
        within(function.frozen()).await;
    }
    for line in function.log().lines() {
        assert!(!line.text.contains("hidden") && !line.text.contains(secret), "{}", line.text);
    }
    assert!(!format!("{:?} {:?}", world.collector.spans(), world.daemon.documents()).contains("hidden"));
    let ends = function.log().json().into_iter().filter(|line| line["message"] == "stream ended");
    assert_eq!(ends.count(), 1, "one line a stream");
}
