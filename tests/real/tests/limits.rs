//! What X-Ray takes, and no more: error texts far beyond it, and more calls and events than a stream of 15 minutes makes.

use lambda_env::{AwsFault, FunctionUrl, Invocation, On, Outcome};
use sse_real::{backend::ledger, fixture::Fixture, xray_validator::XrayValidator};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_mins(2);
/// Six times as many rounds as 15 minutes have at 5 s.
const STREAM_MS: u64 = 60_000;
const POLL_MS: u64 = 50;
/// Changes come faster than the budget takes them.
const WRITE_PAUSE: Duration = Duration::from_millis(20);

async fn run(fixture: &Fixture, stream_ms: u64, poll_ms: u64, writes: bool) -> (usize, serde_json::Value) {
    let function = fixture.function().var("SSE_POLL_INTERVAL_MS", &poll_ms.to_string());
    let function = function.var("SSE_STREAM_MAX_MS", &stream_ms.to_string()).timeout(PATIENCE).start().await.unwrap();
    let request = FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream");
    let call = function.invoke(Invocation::url(request)).await.unwrap();
    let write = async {
        for number in 0.. {
            if writes {
                let ticker = format!("T{}", number % 30);
                fixture.put_item(number % 5_000, ["positive", "neutral", "negative"][number % 3], &[&ticker], 0);
            }
            sleep(WRITE_PAUSE).await;
        }
    };
    let response = tokio::select! {
        response = timeout(PATIENCE, call.finish()) => response.unwrap(),
        () = write => unreachable!("it never ends"),
    };
    assert_eq!(response.outcome, Some(Outcome::Complete));
    timeout(PATIENCE, function.frozen()).await.unwrap();
    let trace = response.trace.as_ref().unwrap();
    assert_eq!(fixture.complaints(&trace.root).await, Vec::<String>::new());
    assert_eq!(fixture.underestimated().0, Vec::<String>::new());
    let ledger = ledger(&function, &response.request_id).unwrap();
    assert_eq!((&ledger["retained"], &ledger["logged"]), (&0.into(), &0.into()), "{ledger}");
    let bytes = fixture.proxy.judge().bytes(&trace.root);
    (bytes, ledger)
}

/// Rule: FR-058.
#[tokio::test(flavor = "multi_thread")]
async fn error_texts_beyond_all_limits() {
    // Every document counts as a late one: 100 KB for all of them.
    let fixture = Fixture::start(XrayValidator::new(Duration::ZERO)).await.unwrap();
    fixture.aws.fault(On::operation("Query"), AwsFault::HugeError(400_000));
    let (bytes, ledger) = run(&fixture, 8_000, 50, false).await;
    let judge = fixture.proxy.judge();
    let longest = judge.records().iter().filter_map(|r| r.json["cause"]["exceptions"][0]["message"].as_str());
    let longest = longest.map(|text| text.chars().count()).max().unwrap();
    assert!((1_000..=2_048).contains(&longest), "{longest}");
    println!(
        "=> errors of 400,000 characters: {bytes} bytes, the longest text {longest} characters, {} folded",
        ledger["folded"]
    );
}

/// Rule: Trace budget.
#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_stream_of_fifteen_minutes() {
    let fixture = Fixture::start(XrayValidator::new(Duration::ZERO)).await.unwrap();
    let (bytes, ledger) = run(&fixture, STREAM_MS, POLL_MS, true).await;
    assert!(ledger["folded"].as_u64().unwrap() > 1_000, "the budget was not in play: {ledger}");
    println!(
        "=> {} spans made, {} documents' worth {bytes} bytes sent, the rest folded",
        ledger["created"], ledger["delivered"]
    );
}
