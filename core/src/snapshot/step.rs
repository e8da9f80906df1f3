//! From one version of the state to the next.

use crate::item::Ticker;

/// What a client that holds the version before has to be told, if it is shown everything.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// In order, and whether an item that arrived, or was rewritten, is behind it.
    pub(crate) tickers: Vec<(Ticker, bool)>,
    /// Whether `metrics` differ.
    pub(crate) metrics: bool,
    /// Whether the names in some page of `tags` differ.
    pub(crate) pages: bool,
}

impl Step {
    /// Whether it says nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        self.tickers.is_empty() && !self.metrics && !self.pages
    }
}
