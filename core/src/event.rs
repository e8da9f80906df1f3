//! The data of each event. The order of the fields here is their order on the wire.

use crate::{
    encoded::counts,
    item::Ticker,
    ports::Last,
    snapshot::{Shown, Snapshot, TagsPage},
    sse::json,
};
use lambda_trace::{Timestamp, whole_millis};
use serde::{Serialize, Serializer};
use std::{
    collections::BTreeSet,
    io::{self, Write},
    time::Duration,
};

/// `heartbeat`
#[derive(Serialize)]
pub struct Heartbeat<'a> {
    /// The current time.
    #[serde(serialize_with = "text")]
    pub timestamp: Timestamp,
    /// The number of open streams of this process.
    pub connections: usize,
    /// The time since this process started.
    pub uptime_seconds: u64,
    /// Whether polling is failing.
    pub degraded: bool,
    /// Only in sampled invocations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Only in the first heartbeat of a stream with a filter or a configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickers: Option<Vec<&'a str>>,
}

/// Writes the data of `metrics` as a stream with these tickers gets it; `None` means all tickers.
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
            out.extend_from_slice(counts(shown.map(of_ticker)).as_bytes());
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
    let by_tag = counts(snapshot.tickers.range(&*page.from..=&*page.to).map(of_ticker));
    write!(out, r#"{{"from":{},"to":{},"by_tag":{by_tag}}}"#, json(&*page.from), json(&*page.to))
}

fn of_ticker<'s>((ticker, shown): (&'s Ticker, &'s Shown)) -> (&'s Ticker, u64) {
    (ticker, shown.aggregate.count)
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
            Last::Deadline { remaining } => {
                Self { reason: "lambda_deadline", remaining_ms: Some(whole_millis(remaining)) }
            }
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
    /// The client should reconnect after this time.
    pub const fn new(retry: Duration) -> Self {
        Self { reason: "max_connections", retry_ms: whole_millis(retry) }
    }
}

fn text<T: ToString, S: Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&value.to_string())
}
