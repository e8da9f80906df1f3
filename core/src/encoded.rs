//! The parts of events that are the same for every reader, encoded once for all of them.

use crate::{item::Ticker, sse::json, window::Aggregate};
use serde::Serialize;

/// The number of items of each ticker.
pub(crate) fn counts<'s>(tickers: impl Iterator<Item = (&'s Ticker, u64)>) -> String {
    let mut text = String::from("{");
    for (n, (ticker, count)) in tickers.enumerate() {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&json(ticker.as_str()));
        text.push(':');
        text.push_str(&count.to_string());
    }
    text.push('}');
    text
}

/// A `sentiment_update` without the time at its end.
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
