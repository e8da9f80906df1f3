//! What stands behind a function, wherever its collector runs: tables and CloudWatch (stand-ins that count calls), the judge, X-Ray.
//! It knows no collector.

use crate::{
    exchange::Upstream,
    fake_xray::FakeXray,
    tool::service,
    xray_api::put_request,
    xray_validator::{Record, XrayValidator},
    xray_validator_proxy::XrayValidatorProxy,
};
use jsonwebtoken::{EncodingKey, Header, encode};
use lambda_env::{
    Environment, FakeAws, FunctionUrl, Item, SegmentSink, Stamp, TableSpec, environment::EnvironmentBuilder,
};
use serde_json::{Value, json};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

const ITEMS: &str = "items";
const USERS: &str = "users";
const USER: &str = "u-1";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Documents come by two ways, one of them without an answer.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(20);
const ARRIVAL_PAUSE: Duration = Duration::from_millis(100);

/// Everything behind a function but its collector.
#[derive(Debug)]
pub struct Backend {
    /// DynamoDB and CloudWatch.
    pub aws: FakeAws,
    /// Stores documents, merges and infers.
    pub xray: FakeXray,
    /// Judges them.
    pub proxy: XrayValidatorProxy,
}

impl Backend {
    /// `ENVIRONMENT` of every function.
    pub const ENVIRONMENT: &str = "real";

    /// Starts all of it.
    ///
    /// # Errors
    /// A part does not start.
    pub async fn start(judge: XrayValidator) -> io::Result<Self> {
        let aws = FakeAws::start()?;
        aws.create_table(TableSpec::new(ITEMS, "source_id").index("by_sentiment", "sentiment", "updated_at"));
        aws.create_table(TableSpec::new(USERS, "PK").sort("SK"));
        let xray = FakeXray::start().await?;
        let proxy = XrayValidatorProxy::start(xray.address(), judge).await?;
        Ok(Self { aws, xray, proxy })
    }

    /// The function with Lambda's own segments on their way to X-Ray. Its collector is the caller's to add.
    pub fn function(&self) -> EnvironmentBuilder {
        Environment::builder(service())
            .beside(&self.aws)
            .segments(Arc::new(segments(self.proxy.address())))
            .var("SENTIMENTS_TABLE", ITEMS)
            .var("USERS_TABLE", USERS)
            .var("SSE_JWT_SECRET", SECRET)
            .var("ENVIRONMENT", Self::ENVIRONMENT)
    }

    /// Writes an item, dated so many milliseconds ago.
    ///
    /// # Panics
    /// If the table is gone.
    pub fn put_item(&self, number: usize, sentiment: &str, tickers: &[&str], ago_ms: u64) {
        let (id, date) = (format!("source-{number:06}"), rfc3339(Stamp::now().unix_ms() - ago_ms));
        let item = Item::new().text("source_id", &id).text("updated_at", &date).text("sentiment", sentiment);
        assert!(self.aws.put(ITEMS, item.number("score", 0.25).texts("matched_tickers", tickers)), "no such table");
    }

    /// Writes a configuration; says the request that streams it.
    ///
    /// # Panics
    /// If no token can be made, or the table is gone.
    pub fn put_configuration(&self, id: &str, tickers: &[&str]) -> FunctionUrl {
        let token = self.put_configuration_with_token(id, tickers);
        let request = FunctionUrl::get(&format!("/api/v2/configurations/{id}/stream"));
        request.header("accept", "text/event-stream").header("authorization", &format!("Bearer {token}"))
    }

    /// Writes a configuration; says a token for it.
    ///
    /// # Panics
    /// If no token can be made, or the table is gone.
    pub fn put_configuration_with_token(&self, id: &str, tickers: &[&str]) -> String {
        let item = Item::new().text("PK", &format!("USER#{USER}")).text("SK", &format!("CONFIG#{id}"));
        assert!(self.aws.put(USERS, item.text("status", "active").texts("tickers", tickers)), "no such table");
        let claims = json!({"sub": USER, "exp": Stamp::now().unix_ms() / 1_000 + 3_600});
        let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()));
        token.expect("the claims and the key are of the right form")
    }

    /// Waits until nothing of a trace is missing, and says what is still wrong with it then.
    pub async fn complaints(&self, trace: &str) -> Vec<String> {
        let limit = Instant::now() + ARRIVAL_LIMIT;
        loop {
            let mut complaints = self.proxy.judge().complaints(trace);
            // The judge sees a document before it is stored.
            let stored = self.xray.ids(trace).await.unwrap_or_default();
            let documents = self.documents(trace);
            let passed = documents.iter().filter(|document| document.refusal.is_none());
            let missing = passed.filter(|document| !stored.iter().any(|id| id == document.text("id")));
            complaints.extend(missing.map(|document| format!("{} is not stored", document.text("name"))));
            let is_closed =
                documents.iter().any(|d| d.json["origin"] == "AWS::Lambda" && d.json["end_time"].is_number());
            if (complaints.is_empty() && is_closed) || Instant::now() > limit {
                return complaints;
            }
            sleep(ARRIVAL_PAUSE).await;
        }
    }

    /// The documents of a trace that the judge saw.
    pub fn documents(&self, trace: &str) -> Vec<Record> {
        self.proxy.judge().records().iter().filter(|record| record.text("trace_id") == trace).cloned().collect()
    }
}

/// Puts Lambda's own segments.
fn segments(api: SocketAddr) -> impl SegmentSink {
    let api = Upstream::new(api);
    move |document: &Value| {
        let (api, request) = (api.clone(), put_request(&document.to_string()));
        drop(tokio::spawn(async move { api.send(request).await }));
    }
}

/// The ledger line of an invocation.
pub fn ledger(function: &Environment, request_id: &str) -> Option<Value> {
    let is_it = |line: &Value| line["message"] == "telemetry ledger" && line["request_id"] == request_id;
    function.log().json().into_iter().find(is_it)
}

fn rfc3339(unix_ms: u64) -> String {
    lambda_trace::Timestamp::from_millis(unix_ms).to_string()
}
