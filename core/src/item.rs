//! A sentiment item as the table holds it, in checked form. Knows nothing of how it is stored or read.

mod problem;

pub use problem::ItemProblem;

use lambda_trace::Timestamp;
use std::{borrow::Borrow, fmt, sync::Arc, time::Duration};

/// How many units one whole score has: sums are exact, whatever the order of adding.
pub const SCORE_SCALE: i64 = 1_000_000_000;
/// The longest ticker, in bytes.
pub const TICKER_MAX_BYTES: usize = 64;
/// An item dated further ahead than this is skipped.
const FUTURE_LIMIT: Duration = Duration::from_mins(5);

/// The latest date that an item read at `now` may bear: 5 minutes ahead, for writers whose clocks run ahead of this one.
pub const fn latest_date(now: Timestamp) -> Timestamp {
    now.plus(FUTURE_LIMIT)
}

/// The three partitions of the index, and the labels of aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sentiment {
    /// `positive`
    Positive,
    /// `neutral`
    Neutral,
    /// `negative`
    Negative,
}

impl Sentiment {
    /// All partitions, in the order in which they are read and counted.
    pub const ALL: [Self; 3] = [Self::Positive, Self::Neutral, Self::Negative];

    /// The name in items, events and spans.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Neutral => "neutral",
            Self::Negative => "negative",
        }
    }

    /// Reads the name; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// Its place in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A ticker: trimmed, upper case, 1 to [`TICKER_MAX_BYTES`] bytes without control characters and commas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticker(Arc<str>);

impl Ticker {
    /// Normalises and checks; `None` for what cannot be a ticker. A comma separates tickers in the address of a stream, so a
    /// name that holds one could not be asked for.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_foreign = |c: char| c.is_control() || c == ',';
        if text.is_empty() || text.len() > TICKER_MAX_BYTES || text.chars().any(is_foreign) {
            return None;
        }
        let upper = text.to_uppercase();
        (upper.len() <= TICKER_MAX_BYTES).then(|| Self(upper.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Ticker {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A score in `-1..=1`, in units of 1 / [`SCORE_SCALE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(i64);

impl Score {
    /// `None` outside `-1..=1` and for what is no number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "within ±1e9, exact in f64")]
    pub fn new(score: f64) -> Option<Self> {
        (-1.0..=1.0).contains(&score).then(|| Self((score * SCORE_SCALE as f64).round() as i64))
    }

    /// Units of 1 / [`SCORE_SCALE`].
    pub const fn units(self) -> i64 {
        self.0
    }
}

/// One item. Two items with the same `source_id` are versions of one; the later `updated_at` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The table's key.
    pub source_id: Arc<str>,
    /// When last written.
    pub updated_at: Timestamp,
    /// Its partition.
    pub sentiment: Sentiment,
    /// Its score.
    pub score: Score,
    /// Without repeats.
    pub tickers: Box<[Ticker]>,
    /// From this moment on it no longer counts (DynamoDB deletes up to days later).
    pub expires_at: Option<Timestamp>,
}

impl Item {
    /// A total order of versions read in one round: later wins; of two written in the same instant (an index that lags shows
    /// both), the larger content, so that the order within the round does not matter.
    pub fn version_order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |i: &Self| (i.updated_at, i.sentiment, i.score, i.expires_at);
        key(self).cmp(&key(other)).then_with(|| self.tickers.cmp(&other.tickers))
    }

    /// Whether it still counts at `now` as far as its own expiry goes.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickers_are_normalised_and_checked() {
        assert_eq!(Ticker::parse(" brk.b ").as_ref().map(Ticker::as_str), Some("BRK.B"));
        for bad in ["", "  ", "A\nB", "A,B", &"X".repeat(65)] {
            assert!(Ticker::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn scores_outside_their_range_are_refused() {
        assert_eq!(Score::new(0.1).map(Score::units), Some(100_000_000));
        assert_eq!(Score::new(-1.0).map(Score::units), Some(-SCORE_SCALE));
        for bad in [1.000_001, -1.1, f64::NAN, f64::INFINITY] {
            assert!(Score::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn sentiments_have_their_names() {
        for s in Sentiment::ALL {
            assert_eq!(Sentiment::parse(s.as_str()), Some(s));
            assert_eq!(Sentiment::ALL[s.index()], s);
        }
        assert_eq!(Sentiment::parse("Positive"), None);
    }
}
