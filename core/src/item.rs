//! A sentiment item of the table, validated. Knows nothing of how it is stored or read.

mod problem;

pub use problem::ItemProblem;

use lambda_trace::Timestamp;
use std::{borrow::Borrow, fmt, sync::Arc, time::Duration};

/// The number of units in a score of 1. Sums of units are exact, in whatever order they are added.
pub const SCORE_SCALE: i64 = 1_000_000_000;
/// The longest ticker, in bytes.
pub const TICKER_MAX_BYTES: usize = 64;
/// An item that is dated further ahead than this is skipped.
const FUTURE_LIMIT: Duration = Duration::from_mins(5);

/// The latest date that an item read at `now` may have: 5 minutes ahead, for writers whose clocks are ahead of this
/// one.
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

    /// Parses the name; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// Its index in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A ticker: trimmed, upper case, 1 to [`TICKER_MAX_BYTES`] bytes without control characters and commas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticker(Arc<str>);

impl Ticker {
    /// Normalises and validates a name; `None` if it cannot be a ticker. A comma separates tickers in the query of a
    /// stream, so a name that contains one could not be asked for.
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
    /// `None` outside `-1..=1`, and for what is not a number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "within ±1e9, exact in f64")]
    pub fn new(score: f64) -> Option<Self> {
        (-1.0..=1.0).contains(&score).then(|| Self((score * SCORE_SCALE as f64).round() as i64))
    }

    /// The score in units of 1 / [`SCORE_SCALE`].
    pub const fn units(self) -> i64 {
        self.0
    }
}

/// One item. Two items with the same `source_id` are versions of one item; the one with the later `updated_at` is
/// valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The hash key of the table.
    pub source_id: Arc<str>,
    /// When the item was last written.
    pub updated_at: Timestamp,
    /// The partition of the index.
    pub sentiment: Sentiment,
    /// The score.
    pub score: Score,
    /// The tickers that it concerns, each once.
    pub tickers: Box<[Ticker]>,
    /// The item no longer counts from this moment on; DynamoDB deletes it up to days later.
    pub expires_at: Option<Timestamp>,
}

impl Item {
    /// A total order of the versions that one round of reading found: the later one wins. Of two versions of the same
    /// instant (an index that lags shows both) the larger content wins, so that the order within the round does not
    /// matter.
    pub fn version_order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |i: &Self| (i.updated_at, i.sentiment, i.score, i.expires_at);
        key(self).cmp(&key(other)).then_with(|| self.tickers.cmp(&other.tickers))
    }

    /// Whether the item has not expired at `now`.
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
