//! What reading costs: a cold read of the whole window, and a poll with so many changes, by the size of the table. DynamoDB is the stand-in
//! on loopback, in the process that measures.

use crate::{Scale, process::Server, readers::Readers, spread::Spread};
use lambda_env::{FakeAws, TableSpec, fake_aws::Item};
use lambda_trace::{Clock, Timestamp, whole_millis};
use sse_adapters::system::SystemClock;
use std::time::Duration;
use tokio::time::sleep;

const INTERVAL: Duration = Duration::from_millis(200);
const CHANGES: [usize; 2] = [0, 10];

fn item(n: usize, at: Timestamp, tickers: usize, is_rewritten: bool) -> Item {
    let score = if is_rewritten { -0.25 } else { 0.5 };
    let sentiment = ["positive", "neutral", "negative"][n % 3];
    Item::new()
        .text("source_id", &format!("item-{n:09}"))
        .text("updated_at", &at.to_string())
        .text("sentiment", sentiment)
        .number("score", score)
        .texts("matched_tickers", &[format!("T{}", n % tickers), format!("T{}", (n * 7) % tickers)])
}

fn table(items: usize, tickers: usize) -> FakeAws {
    let aws = FakeAws::start().expect("a port");
    aws.create_table(TableSpec::new("items", "source_id").index("by_sentiment", "sentiment", "updated_at"));
    let now = SystemClock.now();
    for n in 0..items {
        // Over twelve hours, none of them within the overlap.
        let age_ms = 3_600_000 + 43_200_000 * n as u64 / items as u64;
        aws.put("items", item(n, now.minus(Duration::from_millis(age_ms)), tickers, false));
    }
    aws
}

fn server(aws: &FakeAws) -> Server {
    let interval_ms = INTERVAL.as_millis().to_string();
    Server::start(
        "ours",
        &[
            ("SENTIMENTS_TABLE", "items"),
            ("AWS_ENDPOINT_URL", &aws.endpoint()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("SSE_METRICS", "none"),
            ("SSE_TELEMETRY", "off"),
            ("SSE_POLL_INTERVAL_MS", &interval_ms),
            ("SSE_READ_OVERLAP_MS", "1000"),
            ("SSE_HEARTBEAT_INTERVAL_MS", "60000"),
        ],
    )
}

pub(crate) async fn measure(scale: Scale) {
    println!("\nA poll (three Query calls), by the number of changes: ms of CPU");
    let mut cold = Vec::new();
    for (items, tickers) in [(scale.items[0], 50), (scale.items[1], 50), (scale.items[1], 5_000)] {
        let aws = table(items, tickers);
        let mut reads = Vec::new();
        for read in 1..=scale.cold_reads {
            let server = server(&aws);
            sleep(Duration::from_millis(200)).await;
            let (began, at) = (server.cpu_s(), SystemClock.now());
            let readers = Readers::open(server.address, 1, false).await;
            // The heartbeat, and then the first event of the state.
            readers.wait_for(2).await;
            reads.push((server.cpu_s() - began, whole_millis(SystemClock.now().since(at))));
            if read == scale.cold_reads {
                sleep(INTERVAL * 3).await;
                let polls = polls(&aws, &server, tickers, scale).await;
                println!("{items:>8} items, {tickers:>5} tickers: {polls}");
            }
        }
        cold.push((items, tickers, reads));
    }
    println!("\nA cold read of the whole window: s of CPU, ms to the first state");
    for (items, tickers, reads) in cold {
        let cpu = Spread::of(reads.iter().map(|(cpu, _)| *cpu));
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let wall = Spread::of(reads.iter().map(|(_, ms)| *ms as f64));
        println!("{items:>8} items, {tickers:>5} tickers: {cpu:.2} s, {wall:.0} ms");
    }
}

async fn polls(aws: &FakeAws, server: &Server, tickers: usize, scale: Scale) -> String {
    let mut said = Vec::new();
    for changes in CHANGES {
        let (calls, began) = (aws.calls().len(), server.cpu_s());
        for round in 0..scale.polls {
            let now = SystemClock.now();
            for n in 0..changes {
                aws.put("items", item(n, now, tickers, round % 2 == 0));
            }
            sleep(INTERVAL).await;
        }
        let rounds = (aws.calls().len() - calls).max(1).div_ceil(3);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let ms = (server.cpu_s() - began) * 1_000.0 / rounds as f64;
        said.push(format!("{changes} changes {ms:.2}"));
    }
    said.join(", ")
}
