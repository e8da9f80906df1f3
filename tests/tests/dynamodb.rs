//! The DynamoDB adapter on a real server: the contract suites, and the rule "Cost of a poll".
//!
//! `cargo test --workspace --test dynamodb -- --nocapture` starts and stops the server through `tests/dynamodb-local`.
//! `DYNAMODB_SERVER=moto` or `=local` insists on one of the two.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{AttributeValue, TimeToLiveStatus},
};
use futures::{StreamExt, TryStreamExt, stream};
use lambda_trace::{Clock, Timestamp};
use sse_adapters::{
    aws::Aws,
    contract::{ConfigurationStoreUnderTest, PollerUnderTest, check_configurations, check_poller},
    dynamodb::{Cost, DynamoConfigurationStore, DynamoPoller, ItemWriter, Tables},
    memory::{DemoFeed, SeededRandom},
    system::SystemClock,
};
use sse_core::{
    item::{Item, Sentiment},
    ports::{ConfigurationStore, Poller},
};
use std::{
    collections::HashMap,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Mutex;

const INDEX: &str = "by_sentiment";
/// `SSE_READ_OVERLAP_MS` as it is by default.
const OVERLAP_MS: u64 = 10_000;
const DAY_MS: u64 = 86_400_000;

/// Two servers at once would only wait for each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A server of our own, stopped when it is dropped.
struct Server {
    name: String,
    url: String,
}

impl Server {
    fn start() -> Self {
        let output = Command::new(script()).stderr(Stdio::inherit()).output().expect("sh");
        assert!(output.status.success(), "no DynamoDB server could be started");
        let line = String::from_utf8(output.stdout).expect("UTF-8");
        let (name, url) = line.trim().rsplit_once(' ').expect("name and URL");
        println!("on {name}");
        Self { name: name.to_owned(), url: url.to_owned() }
    }

    /// A client of the test's own, for what no adapter does.
    fn client(&self) -> Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.url)
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        Client::from_conf(config.build())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let port = self.url.rsplit(':').next().unwrap_or_default();
        // A server that cannot be stopped is seen by whoever looks for it; the result of the test stands.
        let _ = Command::new(script()).args(["--stop", "--port", port]).status();
    }
}

fn script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dynamodb-local")
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn writer(aws: &Aws, table: &str) -> ItemWriter {
    ItemWriter::new(aws, table, Arc::new(SystemClock), Arc::new(SeededRandom::new(1)))
}

struct RealTable {
    poller: DynamoPoller,
    writer: ItemWriter,
    client: Client,
}

#[async_trait]
impl PollerUnderTest for RealTable {
    fn poller(&self) -> &dyn Poller {
        &self.poller
    }

    async fn put(&self, items: &[Item]) {
        let progress = self.writer.write(items).await.expect("written");
        assert_eq!(progress.written, items.len() as u64);
    }

    async fn put_malformed(&self, sentiment: Sentiment, updated_at: Timestamp, source_id: &str) {
        let put = self.client.put_item().table_name("items").item("source_id", text(source_id));
        let put = put.item("sentiment", text(sentiment.as_str())).item("updated_at", text(&updated_at.to_string()));
        put.send().await.expect("written");
    }

    async fn put_misdated(&self, sentiment: Sentiment, source_id: &str) {
        let put = self.client.put_item().table_name("items").item("source_id", text(source_id));
        let put = put.item("sentiment", text(sentiment.as_str())).item("updated_at", text("1795334400"));
        put.send().await.expect("written");
    }

    async fn delete(&self, source_id: &str) {
        let delete = self.client.delete_item().table_name("items").key("source_id", text(source_id));
        delete.send().await.expect("deleted");
    }

    fn more_than_a_page(&self) -> u32 {
        45
    }
}

struct RealUsers {
    configurations: DynamoConfigurationStore,
    client: Client,
}

#[async_trait]
impl ConfigurationStoreUnderTest for RealUsers {
    fn configurations(&self) -> &dyn ConfigurationStore {
        &self.configurations
    }

    async fn put(&self, user: &str, id: &str, is_active: bool, tickers: &[String]) {
        let tickers = tickers.iter().map(|ticker| text(ticker)).collect();
        let put = self.client.put_item().table_name("users");
        let put = put.item("PK", text(&format!("USER#{user}"))).item("SK", text(&format!("CONFIG#{id}")));
        let put = put.item("status", text(if is_active { "active" } else { "paused" }));
        put.item("tickers", AttributeValue::L(tickers)).send().await.expect("written");
    }
}

#[tokio::test]
async fn the_contract_holds() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let server = Server::start();
    let aws = Aws::at(&server.url).await;
    let tables = Tables::new(&aws);
    assert_eq!(tables.create_items("items", INDEX, &SystemClock).await, Ok(true));
    assert_eq!(tables.create_items("items", INDEX, &SystemClock).await, Ok(false));
    assert_eq!(tables.create_users("users", &SystemClock).await, Ok(true));
    let client = server.client();
    let ttl = client.describe_time_to_live().table_name("items").send().await.expect("described");
    let ttl = ttl.time_to_live_description().expect("there");
    assert_eq!(ttl.attribute_name(), Some("ttl_timestamp"));
    assert_eq!(ttl.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));

    let poller = DynamoPoller::new(&aws, "items", INDEX);
    poller.warm_up().await;
    check_poller(&RealTable { poller, writer: writer(&aws, "items"), client: client.clone() }).await;
    let configurations = DynamoConfigurationStore::new(&aws, "users");
    check_configurations(&RealUsers { configurations, client }).await;
}

/// A table of `count` items: a handful within the overlap, the same in every table, the others spread over the day before.
async fn filled(aws: &Aws, table: &str, count: u64, now: Timestamp) -> DynamoPoller {
    Tables::new(aws).create_items(table, INDEX, &SystemClock).await.expect("created");
    // Rewritten ones once: this many and no other are in the table.
    let recent: HashMap<_, _> = DemoFeed::new(1)
        .backlog(now, Duration::from_millis(OVERLAP_MS - 1_000), 30)
        .into_iter()
        .map(|i| (i.source_id.clone(), i))
        .collect();
    let recent: Vec<_> = recent.into_values().collect();
    let older = (0..count - recent.len() as u64).map(|n| Item {
        source_id: format!("older-{n:06}").into(),
        updated_at: now.minus(Duration::from_millis(OVERLAP_MS + 2_000 + n * (DAY_MS - 60_000) / count)),
        sentiment: Sentiment::ALL[usize::try_from(n % 3).unwrap_or(0)],
        ..recent[0].clone()
    });
    let items: Vec<_> = older.chain(recent.iter().cloned()).collect();
    let writer = writer(aws, table);
    let batches = stream::iter(items.chunks(250)).map(|items| writer.write(items)).buffer_unordered(8);
    let written: u64 =
        batches.map_ok(|progress| progress.written).try_fold(0, async |a, b| Ok(a + b)).await.expect("written");
    assert_eq!(written, count);
    DynamoPoller::new(aws, table, INDEX)
}

/// A round of all partitions: the sum of its pages.
async fn round(poller: &DynamoPoller, since: Timestamp) -> Cost {
    let mut sum = Cost { capacity_units: 0.0, scanned: 0, items: 0, bytes: 0, has_more: false };
    for sentiment in Sentiment::ALL {
        let cost = poller.cost(sentiment, since).await.expect("a page");
        sum.capacity_units += cost.capacity_units;
        sum.scanned += cost.scanned;
        sum.items += cost.items;
        sum.bytes += cost.bytes;
        sum.has_more |= cost.has_more;
    }
    sum
}

/// Rule: Cost of a poll.
#[tokio::test]
async fn a_quiet_poll_costs_the_same_whatever_the_window_holds() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let server = Server::start();
    let aws = Aws::at(&server.url).await;
    let now = SystemClock.now();
    let few = filled(&aws, "items-001k", 1_000, now).await;
    let many = filled(&aws, "items-100k", 100_000, now).await;

    // A quiet poll reads from the newest item seen, less the overlap (`flight::ReadPlan`).
    let quiet = now.minus(Duration::from_millis(OVERLAP_MS));
    let (of_few, of_many) = (round(&few, quiet).await, round(&many, quiet).await);
    // The first page of the whole window, to see that the figures can tell a difference.
    let whole = round(&many, now.minus(Duration::from_millis(DAY_MS))).await;
    println!("quiet, 1,000 items:   {of_few:?}\nquiet, 100,000 items: {of_many:?}\nfirst page of all:    {whole:?}");
    assert_eq!(of_few, of_many);
    assert!(of_few.items > 0 && !of_few.has_more && whole.scanned > 100 * of_few.scanned);
    if server.name.starts_with("DynamoDB Local") {
        assert!(of_few.capacity_units > 0.0 && whole.capacity_units > 50.0 * of_few.capacity_units);
    }
}
