//! The counts over the whole window.

use crate::item::Sentiment;
use lambda_trace::Timestamp;

/// The counts over the whole window, as `metrics` contains them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The number of items per sentiment, in the order of [`Sentiment::ALL`].
    pub counts: [u64; 3],
    /// Whether the oldest items were removed because the window is full.
    pub truncated: bool,
    /// The date of the newest item.
    pub newest: Option<Timestamp>,
}

impl Totals {
    /// The number of all items.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The number of items of one sentiment.
    pub const fn of(&self, sentiment: Sentiment) -> u64 {
        self.counts[sentiment.index()]
    }
}
