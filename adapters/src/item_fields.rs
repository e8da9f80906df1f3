//! An item's fields, checked once for every store. Knows neither DynamoDB's attribute values nor JSON.

use lambda_trace::Timestamp;
use sse_core::item::{Item, Score, Sentiment, Ticker};

/// An item as written, before anything is believed.
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

/// What is wrong with an item; says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemProblem {
    /// Empty `source_id`.
    #[error("source_id is empty")]
    SourceId,
    /// Not one of the three.
    #[error("sentiment is not positive, neutral or negative")]
    Sentiment,
    /// Outside `-1..=1`.
    #[error("score is not within -1 and 1")]
    Score,
    /// An entry that cannot be a ticker.
    #[error("matched_tickers has an entry that is no ticker")]
    Ticker,
    /// Not a number of seconds.
    #[error("ttl_timestamp is no number of seconds")]
    Ttl,
}

impl<'f, T: Iterator<Item = &'f str>> ItemFields<'f, T> {
    /// Checks every field and puts the tickers in order, so that two spellings of one item are equal.
    ///
    /// # Errors
    /// The first problem.
    pub fn check(self) -> Result<Item, ItemProblem> {
        if self.source_id.is_empty() {
            return Err(ItemProblem::SourceId);
        }
        let mut tickers = self.tickers.map(Ticker::parse).collect::<Option<Vec<_>>>().ok_or(ItemProblem::Ticker)?;
        tickers.sort_unstable();
        tickers.dedup();
        Ok(Item {
            source_id: self.source_id.into(),
            updated_at: self.updated_at,
            sentiment: Sentiment::parse(self.sentiment).ok_or(ItemProblem::Sentiment)?,
            score: Score::new(self.score).ok_or(ItemProblem::Score)?,
            tickers: tickers.into(),
            expires_at: self.ttl_seconds.map(expiry).transpose()?,
        })
    }
}

/// Reads an item's `updated_at`: RFC 3339 in UTC. Another offset is refused: the index sorts these texts, and such a date
/// would stand where no read looks for it.
pub fn updated_at(text: &str) -> Option<Timestamp> {
    let sorts = text.as_bytes().get(10) == Some(&b'T') && (text.ends_with('Z') || text.ends_with("+00:00"));
    sorts.then(|| Timestamp::parse(text)).flatten()
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

    fn fields<'f>(tickers: &'f [&'f str]) -> ItemFields<'f, impl Iterator<Item = &'f str>> {
        ItemFields {
            source_id: "a",
            updated_at: Timestamp::from_millis(5),
            sentiment: "neutral",
            score: 0.5,
            tickers: tickers.iter().copied(),
            ttl_seconds: Some(7.0),
        }
    }

    fn problem<'f>(fields: ItemFields<'f, impl Iterator<Item = &'f str>>) -> ItemProblem {
        fields.check().unwrap_err()
    }

    #[test]
    fn tickers_come_in_order_and_once() {
        let item = fields(&["msft", "AAPL", " MSFT "]).check().unwrap();
        let names: Vec<_> = item.tickers.iter().map(Ticker::as_str).collect();
        assert_eq!(names, ["AAPL", "MSFT"]);
        assert_eq!(item.expires_at, Some(Timestamp::from_millis(7_000)));
    }

    #[test]
    fn every_field_is_checked() {
        let one = ["A"];
        assert_eq!(fields(&["A", ""]).check(), Err(ItemProblem::Ticker));
        assert_eq!(problem(ItemFields { source_id: "", ..fields(&one) }), ItemProblem::SourceId);
        assert_eq!(problem(ItemFields { sentiment: "Neutral", ..fields(&one) }), ItemProblem::Sentiment);
        for score in [1.1, f64::NAN] {
            assert_eq!(problem(ItemFields { score, ..fields(&one) }), ItemProblem::Score);
        }
        let ttl_seconds = Some(f64::INFINITY);
        assert_eq!(problem(ItemFields { ttl_seconds, ..fields(&one) }), ItemProblem::Ttl);
        let ttl_seconds = Some(-4.0);
        let long_gone = ItemFields { ttl_seconds, ..fields(&one) }.check().unwrap();
        assert_eq!(long_gone.expires_at, Some(Timestamp::default()));
    }

    #[test]
    fn dates_that_do_not_sort_as_text_are_refused() {
        for good in ["2026-11-22T08:00:00.000Z", "2026-11-22T08:00:00Z", "2026-11-22T08:00:00.123456+00:00"] {
            assert!(updated_at(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "zzz",
            "2026-11-22T10:00:00.000+02:00",
            "2026-11-22 08:00:00Z",
            "2026-11-22T08:00:00.000z",
            "é2026-11-22T08",
        ] {
            assert_eq!(updated_at(bad), None, "{bad}");
        }
    }
}
