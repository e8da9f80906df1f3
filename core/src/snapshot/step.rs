//! From one version of the state to the next.

use crate::item::Ticker;

/// The difference for a client that holds the previous version and sees everything.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// The tickers that changed, in order, and whether an item that arrived, or was rewritten, caused the change.
    pub(crate) tickers: Vec<(Ticker, bool)>,
    /// Whether `metrics` differs.
    pub(crate) metrics: bool,
    /// Whether the names on any page of `tags` differ.
    pub(crate) pages: bool,
}

impl Step {
    /// Whether there is no difference.
    pub(crate) const fn is_empty(&self) -> bool {
        self.tickers.is_empty() && !self.metrics && !self.pages
    }
}
