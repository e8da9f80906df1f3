//! The data of each event (contract: Events): the order of fields here is their order on the wire.

use crate::{
    item::Ticker,
    ports::Last,
    snapshot::{Shown, Snapshot, TagsPage},
    sse::json,
    window::Aggregate,
};
use lambda_trace::Timestamp;
use serde::{Serialize, Serializer};
use std::{
    collections::BTreeSet,
    io::{self, Write},
    ops::Bound,
};

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

/// Writes the data of `metrics` as a stream with these tickers gets it; `None`: all.
pub(crate) fn write_metrics(
    out: &mut Vec<u8>,
    snapshot: &Snapshot,
    only: Option<&BTreeSet<Ticker>>,
    now: Timestamp,
) -> io::Result<()> {
    let totals = &snapshot.totals;
    let [positive, neutral, negative] = totals.counts;
    write!(out, r#"{{"total":{},"positive":{positive},"neutral":{neutral},"negative":{negative}"#, totals.total())?;
    out.extend_from_slice(br#","by_tag":"#);
    match only {
        None => out.extend_from_slice(snapshot.by_tag().as_bytes()),
        Some(only) => {
            let shown = only.iter().filter_map(|ticker| snapshot.tickers.get_key_value(ticker));
            out.extend_from_slice(counts(shown).as_bytes());
        }
    }
    let text = |rate: Option<u64>| rate.map_or_else(|| "null".to_owned(), |n| n.to_string());
    let (hour, day) = snapshot.rates(now);
    write!(out, r#","tags":{},"rate_last_hour":{}"#, snapshot.tickers.len(), text(hour))?;
    write!(out, r#","rate_last_24h":{},"timestamp":"{now}""#, text(day))?;
    out.extend_from_slice(if totals.truncated { br#","truncated":true}"# } else { b"}" });
    Ok(())
}

/// Writes the data of one page of `tags`.
pub(crate) fn write_tags(out: &mut Vec<u8>, snapshot: &Snapshot, page: &TagsPage) -> io::Result<()> {
    let range = (Bound::Included(&*page.from), Bound::Included(&*page.to));
    let by_tag = counts(snapshot.tickers.range::<str, _>(range));
    write!(out, r#"{{"from":{},"to":{},"by_tag":{by_tag}}}"#, json(&*page.from), json(&*page.to))
}

/// Items per ticker.
pub(crate) fn counts<'s>(tickers: impl Iterator<Item = (&'s Ticker, &'s Shown)>) -> String {
    let mut text = String::from("{");
    for (n, (ticker, shown)) in tickers.enumerate() {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&json(ticker.as_str()));
        text.push(':');
        text.push_str(&shown.aggregate.count.to_string());
    }
    text.push('}');
    text
}

/// `sentiment_update`, but for the time at its end.
#[derive(Serialize)]
struct SentimentUpdate<'a> {
    ticker: &'a str,
    score: f64,
    label: &'static str,
    confidence: f64,
    count: u64,
    source: &'static str,
}

/// The data of a `sentiment_update` up to its time: the same for every reader.
pub(crate) fn update_prefix(ticker: &Ticker, aggregate: &Aggregate) -> String {
    let mut text = json(&SentimentUpdate {
        ticker: ticker.as_str(),
        score: aggregate.score.to_f64(),
        label: aggregate.label.as_str(),
        confidence: aggregate.confidence.to_f64(),
        count: aggregate.count,
        source: "aggregate",
    });
    text.pop();
    text.push_str(r#","timestamp":""#);
    text
}

/// Writes the data of a `sentiment_update`.
pub(crate) fn write_update(out: &mut Vec<u8>, prefix: &str, now: &str) {
    for part in [prefix, now, "\"}"] {
        out.extend_from_slice(part.as_bytes());
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
