//! Counts over the whole window.

use crate::item::Sentiment;
use lambda_trace::Timestamp;

/// Counts over the whole window (contract: `metrics`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Per sentiment, in the order of [`Sentiment::ALL`].
    pub counts: [u64; 3],
    /// Whether the oldest had to leave for want of room.
    pub truncated: bool,
    /// The newest item's date.
    pub newest: Option<Timestamp>,
}

impl Totals {
    /// All items.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Those of one sentiment.
    pub const fn of(&self, sentiment: Sentiment) -> u64 {
        self.counts[sentiment.index()]
    }
}
