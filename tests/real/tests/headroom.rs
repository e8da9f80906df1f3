//! Memory at the worst: the window full, as many streams as the pool has slots, every one of them traced, the collector
//! beside. Function and collector together stay below what a 512 MB function has to spare.

use lambda_env::{Call, Deadline, FunctionUrl, Invocation};
use sse_real::{fixture::Fixture, otlp_tee::Sent, tool::peak_mb, xray_validator::XrayValidator};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;

const ITEMS: usize = 200_000;
/// From one item to the next: all of them within most of a day.
const SPREAD_MS: u64 = 400;
const STREAMS: usize = 100;
const PEAK_MB_MAX: u64 = 450;
/// Long enough for a hundred first deliveries of the whole state, and polls beside them.
const STREAM: Duration = Duration::from_secs(40);
const PATIENCE: Duration = Duration::from_mins(4);

fn stream(deadline: Duration) -> Invocation {
    let request = FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream");
    Invocation::url(request).deadline(Deadline::In(deadline))
}

/// Waits until a stream has been told of the whole window.
async fn full(call: &mut Call) {
    let full = async {
        while let Some(event) = call.event().await {
            if event.name == "metrics" && event.json()["total"] == ITEMS {
                return;
            }
        }
        panic!("a stream ended before the window was full");
    };
    timeout(PATIENCE, full).await.unwrap();
}

/// Rule: Headroom.
#[tokio::test(flavor = "multi_thread")]
async fn function_and_collector_fit() {
    let fixture = Fixture::start(XrayValidator::default()).await.unwrap();
    let tickers: Vec<_> = (0..500).map(|n| format!("T{n:03}")).collect();
    for number in 0..ITEMS {
        let sentiment = ["positive", "neutral", "negative"][number % 3];
        let pair = [tickers[number % 500].as_str(), &tickers[number / 7 % 500]];
        fixture.put_item(number, sentiment, &pair, number as u64 * SPREAD_MS);
    }
    let function = fixture.function().concurrency(STREAMS).var("SSE_MAX_CONNECTIONS", &STREAMS.to_string());
    let function = function.var("SSE_POLL_INTERVAL_MS", "1000");
    let function = function.var("SSE_HEARTBEAT_INTERVAL_MS", "1000").start().await.unwrap();
    let mut first = function.invoke(stream(PATIENCE)).await.unwrap();
    full(&mut first).await;
    first.cut();
    first.finish().await;
    // Its slot is free again: one stream too many would be turned away.
    timeout(PATIENCE, function.idle()).await.unwrap();
    let mut calls = Vec::new();
    for _ in 0..STREAMS {
        calls.push(function.invoke(stream(STREAM)).await.unwrap());
    }
    for call in &mut calls {
        full(call).await;
    }
    for call in calls {
        timeout(PATIENCE, call.finish()).await.unwrap();
    }
    timeout(PATIENCE, function.idle()).await.unwrap();
    let sent = fixture.tee.sent();
    let streams: BTreeSet<_> = sent.iter().filter(|sent| sent.span.name == "sse_stream").map(Sent::id).collect();
    assert_eq!(streams.len(), STREAMS + 1, "every stream is traced");
    let ours = function.memory().await.unwrap().peak_kib / 1_024;
    let collectors = peak_mb(fixture.collector.pid().unwrap()).unwrap();
    println!(
        "=> peak {ours} MB function and {collectors} MB collector; {ITEMS} items, {STREAMS} streams, {} spans",
        sent.len()
    );
    assert!(ours + collectors < PEAK_MB_MAX, "{ours} MB and {collectors} MB");
}
