//! The validation of an item's fields, for every store. Knows neither DynamoDB's attribute values nor JSON.

mod date;

pub use date::updated_at;

use lambda_trace::Timestamp;
use sse_core::item::{Item, ItemProblem, Score, Sentiment, Ticker};

/// An item as written, before validation.
#[derive(Clone, Copy, Debug)]
pub struct ItemFields<'f, T> {
    /// `source_id`
    pub source_id: &'f str,
    /// `updated_at`, as [`updated_at`] read it.
    pub updated_at: Timestamp,
    /// `sentiment`
    pub sentiment: &'f str,
    /// `score`
    pub score: f64,
    /// `matched_tickers`
    pub tickers: T,
    /// `ttl_timestamp`, in seconds since the epoch.
    pub ttl_seconds: Option<f64>,
}

impl<'f, T: Iterator<Item = &'f str>> ItemFields<'f, T> {
    /// Validates every field and sorts the tickers, so that two spellings of one item are equal. Items dated after
    /// `latest` are rejected.
    ///
    /// # Errors
    /// The first problem that was found.
    pub fn check(self, latest: Timestamp) -> Result<Item, ItemProblem> {
        if self.source_id.is_empty() {
            return Err(ItemProblem::SourceId);
        }
        if self.updated_at > latest {
            return Err(ItemProblem::UpdatedAtAhead);
        }
        let mut tickers = self.tickers.map(ticker).collect::<Result<Vec<_>, _>>()?;
        tickers.sort_unstable();
        tickers.dedup();
        Ok(Item {
            source_id: self.source_id.into(),
            updated_at: self.updated_at,
            sentiment: Sentiment::parse(self.sentiment).ok_or(ItemProblem::Sentiment)?,
            score: Score::new(self.score).ok_or(ItemProblem::ScoreRange)?,
            tickers: tickers.into(),
            expires_at: self.ttl_seconds.map(expiry).transpose()?,
        })
    }
}

fn ticker(text: &str) -> Result<Ticker, ItemProblem> {
    let problem = if text.contains(',') { ItemProblem::TickerComma } else { ItemProblem::Ticker };
    Ticker::parse(text).ok_or(problem)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and what is negative was clamped"
)]
fn expiry(seconds: f64) -> Result<Timestamp, ItemProblem> {
    if !seconds.is_finite() {
        return Err(ItemProblem::Ttl);
    }
    Ok(Timestamp::from_millis((seconds.max(0.0) as u64).saturating_mul(1_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const LATEST: Timestamp = Timestamp::from_millis(5);

    fn fields<'f>(tickers: &'f [&'f str]) -> ItemFields<'f, impl Iterator<Item = &'f str>> {
        ItemFields {
            source_id: "a",
            updated_at: LATEST,
            sentiment: "neutral",
            score: 0.5,
            tickers: tickers.iter().copied(),
            ttl_seconds: Some(7.0),
        }
    }

    fn problem<'f>(fields: ItemFields<'f, impl Iterator<Item = &'f str>>) -> ItemProblem {
        fields.check(LATEST).unwrap_err()
    }

    #[test]
    fn tickers_come_in_order_and_once() {
        let item = fields(&["msft", "AAPL", " MSFT "]).check(LATEST).unwrap();
        let names: Vec<_> = item.tickers.iter().map(Ticker::as_str).collect();
        assert_eq!(names, ["AAPL", "MSFT"]);
        assert_eq!(item.expires_at, Some(Timestamp::from_millis(7_000)));
    }

    #[test]
    fn every_field_is_checked() {
        let one = ["A"];
        assert_eq!(problem(fields(&["A", ""])), ItemProblem::Ticker);
        assert_eq!(problem(fields(&["A", "B,C"])), ItemProblem::TickerComma);
        assert_eq!(problem(ItemFields { source_id: "", ..fields(&one) }), ItemProblem::SourceId);
        assert_eq!(
            problem(ItemFields { updated_at: LATEST.plus(Duration::from_millis(1)), ..fields(&one) }),
            ItemProblem::UpdatedAtAhead
        );
        assert_eq!(problem(ItemFields { sentiment: "Neutral", ..fields(&one) }), ItemProblem::Sentiment);
        for score in [1.1, f64::NAN] {
            assert_eq!(problem(ItemFields { score, ..fields(&one) }), ItemProblem::ScoreRange);
        }
        let ttl_seconds = Some(f64::INFINITY);
        assert_eq!(problem(ItemFields { ttl_seconds, ..fields(&one) }), ItemProblem::Ttl);
        let ttl_seconds = Some(-4.0);
        let long_gone = ItemFields { ttl_seconds, ..fields(&one) }.check(LATEST).unwrap();
        assert_eq!(long_gone.expires_at, Some(Timestamp::default()));
    }
}
