//! The data of each event (contract: Events): the order of fields here is their order on the wire.

use crate::{
    item::{Sentiment, Ticker},
    ports::Last,
    snapshot::Snapshot,
    window::Aggregate,
};
use lambda_trace::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeMap};

/// `heartbeat`
#[derive(Serialize)]
pub struct Heartbeat<'a> {
    /// Now.
    #[serde(serialize_with = "text")]
    pub timestamp: Timestamp,
    /// Streams of this process.
    pub connections: usize,
    /// Since this process started.
    pub uptime_seconds: u64,
    /// Whether polls fail.
    pub degraded: bool,
    /// In sampled invocations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// In the first heartbeat of a stream with a filter or a configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickers: Option<Vec<&'a str>>,
}

/// `metrics`
#[derive(Serialize)]
pub struct MetricsEvent<'a> {
    total: u64,
    positive: u64,
    neutral: u64,
    negative: u64,
    #[serde(serialize_with = "counts_by_tag")]
    by_tag: &'a Snapshot,
    rate_last_hour: Option<u64>,
    rate_last_24h: Option<u64>,
    #[serde(serialize_with = "text")]
    timestamp: Timestamp,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

impl<'a> MetricsEvent<'a> {
    /// Of this state.
    pub fn new(snapshot: &'a Snapshot, now: Timestamp) -> Self {
        let totals = &snapshot.totals;
        Self {
            total: totals.total(),
            positive: totals.of(Sentiment::Positive),
            neutral: totals.of(Sentiment::Neutral),
            negative: totals.of(Sentiment::Negative),
            by_tag: snapshot,
            rate_last_hour: totals.rate_last_hour,
            rate_last_24h: totals.rate_last_24h,
            timestamp: now,
            truncated: totals.truncated,
        }
    }
}

/// `sentiment_update`
#[derive(Serialize)]
pub struct SentimentUpdate<'a> {
    ticker: &'a str,
    score: f64,
    label: &'static str,
    confidence: f64,
    count: u64,
    source: &'static str,
    #[serde(serialize_with = "text")]
    timestamp: Timestamp,
}

impl<'a> SentimentUpdate<'a> {
    /// Of this ticker.
    pub fn new(ticker: &'a Ticker, aggregate: &Aggregate, now: Timestamp) -> Self {
        Self {
            ticker: ticker.as_str(),
            score: aggregate.score.to_f64(),
            label: aggregate.label.as_str(),
            confidence: aggregate.confidence.to_f64(),
            count: aggregate.count,
            source: "aggregate",
            timestamp: now,
        }
    }
}

/// `deadline` and `done`
#[derive(Serialize)]
pub struct LastEvent {
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining_ms: Option<u64>,
}

impl From<Last> for LastEvent {
    fn from(last: Last) -> Self {
        match last {
            Last::Deadline { remaining_ms } => Self { reason: "lambda_deadline", remaining_ms: Some(remaining_ms) },
            Last::StreamMax => Self { reason: "stream_max", remaining_ms: None },
            Last::Shutdown => Self { reason: "shutdown", remaining_ms: None },
        }
    }
}

impl Last {
    /// The event's name.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Deadline { .. } => "deadline",
            Self::StreamMax | Self::Shutdown => "done",
        }
    }
}

/// `busy`
#[derive(Serialize)]
pub struct Busy {
    reason: &'static str,
    retry_ms: u64,
}

impl Busy {
    /// Come back after this many milliseconds.
    pub const fn new(retry_ms: u64) -> Self {
        Self { reason: "max_connections", retry_ms }
    }
}

fn text<T: ToString, S: Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&value.to_string())
}

fn counts_by_tag<S: Serializer>(snapshot: &Snapshot, s: S) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(Some(snapshot.tickers.len()))?;
    for (ticker, aggregate) in snapshot.tickers.iter() {
        map.serialize_entry(ticker.as_str(), &aggregate.count)?;
    }
    map.end()
}
