//! Memory at the worst: the window full, as many streams as the pool has slots, every one of them traced, the collector
//! beside. Function and collector together stay below what a 512 MB function has to spare.

use lambda_env::{FunctionUrl, Invocation};
use sse_real::{judge::Judge, stage::Stage};
use std::time::Duration;
use tokio::time::timeout;

const ITEMS: usize = 200_000;
const STREAMS: usize = 100;
const PEAK_MB_MAX: u64 = 450;
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn function_and_collector_fit() {
    let stage = Stage::start(Judge::default()).await.unwrap();
    let tickers: Vec<_> = (0..500).map(|n| format!("T{n:03}")).collect();
    for number in 0..ITEMS {
        let sentiment = ["positive", "neutral", "negative"][number % 3];
        stage.put_item(number, sentiment, &[&tickers[number % 500], &tickers[number / 7 % 500]]);
    }
    let function = stage.function().concurrency(STREAMS).timeout(PATIENCE);
    let function = function.var("SSE_POLL_INTERVAL_MS", "1000").var("SSE_STREAM_MAX_MS", "60000");
    let function = function.var("SSE_HEARTBEAT_INTERVAL_MS", "1000").start().await.unwrap();
    let mut calls = Vec::new();
    for _ in 0..STREAMS {
        let request = FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream");
        calls.push(function.invoke(Invocation::url(request)).await.unwrap());
    }
    for call in &mut calls {
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
    for call in calls {
        timeout(PATIENCE, call.finish()).await.unwrap();
    }
    timeout(PATIENCE, function.idle()).await.unwrap();
    let spans = stage.tee.sent().iter().filter(|sent| sent.span.name == "sse_stream").count();
    assert_eq!(spans, STREAMS, "every stream is traced");
    let ours = function.memory().await.unwrap().peak_kib / 1_024;
    let collectors = peak_mb(stage.collector.pid().unwrap());
    println!("=> peak {ours} MB function, {collectors} MB collector, {ITEMS} items, {STREAMS} streams");
    assert!(ours + collectors < PEAK_MB_MAX, "{ours} MB and {collectors} MB");
}

/// The largest resident set that a process had.
fn peak_mb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1_024
}
