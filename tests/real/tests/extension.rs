//! The collector inside the environment, as on Lambda: registered through the Extensions API, frozen and thawed with the function, X-Ray at the end of a
//! link with a round trip, and that link lost while everything is frozen. What is looked at are the documents that X-Ray was sent, and when.

use lambda_env::{
    Environment, Freeze, FunctionUrl, Invocation, Outcome, Phase, Response, Span, StaleConnections, Stamp,
    environment::EnvironmentBuilder,
};
use serde_json::Value;
use sse_real::{backend::ledger, extension::ExtensionFixture, xray_validator::Record};
use std::{collections::BTreeSet, fmt::Debug, path::Path, time::Duration};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);
/// Each stream is so long, in milliseconds.
const STREAM_MS: &str = "600";
const COLD_STARTS: usize = 7;
/// What the client waits for the flush at most, and the machine's own time.
const BODY_WAIT_MAX: Duration = Duration::from_millis(500 + 150);

fn wrapper() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_collector-extension"))
}

fn short_streams(builder: EnvironmentBuilder) -> EnvironmentBuilder {
    builder
        .var("SSE_STREAM_MAX_MS", STREAM_MS)
        .var("SSE_POLL_INTERVAL_MS", "100")
        .var("SSE_HEARTBEAT_INTERVAL_MS", "200")
}

async fn started(round_trip: Duration) -> (ExtensionFixture, Environment) {
    let fixture = ExtensionFixture::start(round_trip).await.unwrap();
    for number in 0..30 {
        fixture.put_item(number, ["positive", "neutral", "negative"][number % 3], &["AAPL", "MSFT"], 0);
    }
    let function = short_streams(fixture.function(wrapper())).start().await.unwrap();
    (fixture, function)
}

fn request() -> Invocation {
    Invocation::url(FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream"))
}

/// A stream, up to the freeze that follows.
struct Streamed {
    response: Response,
    frozen: Stamp,
    ledger: Value,
}

impl Streamed {
    async fn of(function: &Environment) -> Self {
        let call = function.invoke(request()).await.unwrap();
        let response = timeout(PATIENCE, call.finish()).await.unwrap();
        assert_eq!(response.outcome, Some(Outcome::Complete));
        timeout(PATIENCE, function.frozen()).await.unwrap();
        assert!(function.is_stopped().await, "the collector is frozen with the function");
        let frozen = function.timeline().into_iter().rev().find(|(_, phase)| *phase == Phase::Frozen).unwrap().0;
        let ledger = ledger(function, &response.request_id).unwrap();
        Self { response, frozen, ledger }
    }

    fn trace(&self) -> &str {
        &self.response.trace.as_ref().unwrap().root
    }

    /// From the last event to the end of the body.
    fn body_wait(&self) -> Duration {
        self.response.ended.unwrap().since(&self.response.chunks.last().unwrap().at)
    }

    fn flush_ms(&self) -> u64 {
        self.ledger["flush_ms"].as_u64().unwrap()
    }
}

/// The documents of a trace that came from the collector.
fn of_collector(fixture: &ExtensionFixture, trace: &str) -> Vec<Record> {
    let mut documents = fixture.documents(trace);
    documents.retain(|document| document.json["type"] == "subsegment" && document.text("name") != "## handler");
    documents
}

/// Every span of the stream is a document of its trace, once, and X-Ray has it before anything is frozen.
async fn delivered_before_the_freeze(fixture: &ExtensionFixture, streamed: &Streamed) -> usize {
    assert_eq!(fixture.complaints(streamed.trace()).await, Vec::<String>::new());
    let documents = of_collector(fixture, streamed.trace());
    let ledger = &streamed.ledger;
    assert_eq!((&ledger["flush_outcome"], &ledger["resent"]), (&"ok".into(), &0.into()), "{ledger}");
    assert_eq!(ledger["delivered"], documents.len(), "{ledger}");
    let folded = ledger["folded"].as_u64().unwrap();
    assert_eq!(ledger["created"], documents.len() as u64 + folded, "{ledger}");
    let late: Vec<_> = documents.iter().filter(|document| document.at > streamed.frozen).collect();
    assert_eq!(late.len(), 0, "{late:#?}");
    documents.len()
}

/// The smallest and the largest.
fn range<T: Ord + Copy + Debug>(values: &[T]) -> String {
    format!("{:?} to {:?}", values.iter().min().unwrap(), values.iter().max().unwrap())
}

/// Rule: FR-026. Rule: FR-055.
#[tokio::test(flavor = "multi_thread")]
async fn every_span_is_at_x_ray_before_the_freeze_whatever_the_round_trip() {
    for round_trip in [0, 20, 100].map(Duration::from_millis) {
        let (fixture, function) = started(round_trip).await;
        let (mut spans, mut flushes, mut waits) = (0, Vec::new(), Vec::new());
        for _ in 0..5 {
            let streamed = Streamed::of(&function).await;
            spans += delivered_before_the_freeze(&fixture, &streamed).await;
            assert!(streamed.flush_ms() >= round_trip.as_millis() as u64, "{}", streamed.ledger);
            assert!(streamed.body_wait() <= BODY_WAIT_MAX, "{:?}", streamed.body_wait());
            flushes.push(streamed.flush_ms());
            waits.push(streamed.body_wait().as_millis());
        }
        assert_eq!(function.violations(), []);
        println!(
            "=> round trip {round_trip:?}: {spans} spans of 5 streams, each once and before the freeze; flush {} ms, the body waits {} ms",
            range(&flushes),
            range(&waits)
        );
    }
}

/// Rule: FR-055.
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_x_ray_that_are_lost_during_a_freeze_lose_no_span() {
    let (fixture, function) = started(Duration::from_millis(20)).await;
    Streamed::of(&function).await;
    for how in [StaleConnections::Reset, StaleConnections::ResetOnUse, StaleConnections::Silent] {
        let lost = fixture.link.lose(how);
        assert!(lost > 0, "the collector holds a connection over the freeze");
        let streamed = Streamed::of(&function).await;
        let spans = delivered_before_the_freeze(&fixture, &streamed).await;
        assert!(streamed.body_wait() <= BODY_WAIT_MAX, "{:?}", streamed.body_wait());
        println!(
            "=> lost while frozen ({how:?}): {spans} spans, each once and before the next freeze; flush {} ms, the body waits {} ms",
            streamed.flush_ms(),
            streamed.body_wait().as_millis()
        );
        delivered_before_the_freeze(&fixture, &Streamed::of(&function).await).await;
    }
    assert_eq!(function.violations(), []);
}

/// The layers of others ask for their next event only then.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_waits_until_the_runtime_is_done_is_frozen_after_it_and_loses_no_span() {
    let fixture = ExtensionFixture::start(Duration::from_millis(20)).await.unwrap();
    let function = short_streams(fixture.function(wrapper())).extension_var("COLLECTOR_WAITS", "true");
    let function = function.start().await.unwrap();
    let mut behind = Vec::new();
    for _ in 0..3 {
        let streamed = Streamed::of(&function).await;
        delivered_before_the_freeze(&fixture, &streamed).await;
        let done = format!("collector-extension: the runtime is done with {}", streamed.response.request_id);
        let done = timeout(PATIENCE, function.log().wait_for(|line| line.text == done)).await.unwrap();
        behind.push(streamed.frozen.since(&streamed.response.ended.unwrap()).as_millis());
        assert!(done.at >= streamed.response.ended.unwrap());
    }
    assert_eq!(function.violations(), []);
    println!("=> waiting for platform.runtimeDone: frozen {} ms behind the end of the body", range(&behind));
}

/// Rule: FR-026. Rule: FR-055.
#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_in_mid_stream_ends_the_function_first_and_then_the_collector() {
    let fixture = ExtensionFixture::start(Duration::from_millis(20)).await.unwrap();
    let function = short_streams(fixture.function(wrapper())).var("SSE_STREAM_MAX_MS", "20000");
    let function = function.runtime_shutdown(Duration::from_secs(1)).start().await.unwrap();
    timeout(PATIENCE, function.frozen()).await.unwrap();
    let mut call = function.invoke(request()).await.unwrap();
    for _ in 0..5 {
        timeout(PATIENCE, call.event()).await.unwrap().unwrap();
    }
    let end = function.shut_down().await.unwrap();
    assert_eq!((end.exit.code, end.terminated, end.killed, end.extensions_killed), (Some(0), true, false, 0));
    let response = timeout(PATIENCE, call.finish()).await.unwrap();
    let trace = &response.trace.as_ref().unwrap().root;
    assert_eq!(fixture.complaints(trace).await, Vec::<String>::new());
    let (ledger, documents) = (ledger(&function, &response.request_id).unwrap(), of_collector(&fixture, trace));
    // 200 ms are short on a busy machine: what X-Ray did not confirm by then stands in the log, and may be at X-Ray as well.
    let (created, folded) = (ledger["created"].as_u64().unwrap(), ledger["folded"].as_u64().unwrap());
    let lines = function.log().lines();
    let printed = lines.iter().filter_map(|line| Span::of_json(&line.text).unwrap()).flatten();
    let printed: BTreeSet<_> = printed.map(|span| span.span_id).collect();
    let confirmed: BTreeSet<_> = documents.iter().map(|document| document.text("id").to_owned()).collect();
    assert_eq!(printed.union(&confirmed).count() as u64, created - folded, "{ledger}");
    assert!(documents.iter().all(|document| document.at <= end.exit.at), "X-Ray has them before the function ends");
    if ledger["flush_outcome"] == "ok" {
        assert_eq!((&ledger["delivered"], printed.len()), (&documents.len().into(), 0), "{ledger}");
    }
    let is_ended = |text: &str| text == "collector-extension: the collector ended: exit status: 0";
    assert!(lines.iter().any(|line| is_ended(&line.text)), "{lines:#?}");
    println!(
        "=> SIGTERM in mid-stream: {} spans at X-Ray, {} in the log ({}); the function took {} ms",
        documents.len(),
        printed.len(),
        ledger["flush_outcome"],
        end.duration.as_millis()
    );
}

/// How long a cold start took, from the start of the first process.
struct ColdStart {
    /// To the function's own first `next`.
    first_next: Duration,
    /// To the end of the init phase: every extension has asked for its first event, too.
    ready: Duration,
    /// To the first event at the caller.
    first_event: Duration,
}

impl ColdStart {
    async fn of(builder: EnvironmentBuilder) -> Self {
        let function = short_streams(builder).freeze(Freeze::Never).start().await.unwrap();
        let mut call = function.invoke(request()).await.unwrap();
        timeout(PATIENCE, call.event()).await.unwrap().unwrap();
        let timeline = function.timeline();
        let at = |phase: &Phase| timeline.iter().find(|(_, other)| other == phase).unwrap().0;
        let start = at(&Phase::Started(1));
        // Prelude and NUL bytes come first.
        let first_event = call.so_far().chunks[2].at;
        Self {
            first_next: function.init_duration().unwrap(),
            ready: at(&Phase::Ready).since(&start),
            first_event: first_event.since(&start),
        }
    }
}

fn median(starts: &[ColdStart], of: impl Fn(&ColdStart) -> Duration) -> f64 {
    let mut times: Vec<_> = starts.iter().map(of).collect();
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Prints what the collector adds to a cold start, and looks only at whether it was there in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_cold_start_with_the_collector_and_without() {
    let fixture = ExtensionFixture::start(Duration::ZERO).await.unwrap();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..COLD_STARTS {
        without.push(ColdStart::of(fixture.alone().var("SSE_TELEMETRY", "off")).await);
        with.push(ColdStart::of(fixture.function(wrapper())).await);
    }
    for (name, starts) in [("with the collector", with), ("without", without)] {
        println!(
            "=> cold start {name}, medians of {COLD_STARTS}: first next after {:.1} ms, ready after {:.1} ms, first event after {:.1} ms",
            median(&starts, |start| start.first_next),
            median(&starts, |start| start.ready),
            median(&starts, |start| start.first_event)
        );
        assert!(
            starts.iter().all(|start| start.first_event > start.ready),
            "no event before the end of the init phase"
        );
    }
}
