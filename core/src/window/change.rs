//! A ticker whose items changed.

use super::aggregate::Aggregate;
use crate::item::Ticker;

/// A ticker whose items changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The ticker.
    pub ticker: Ticker,
    /// What its items amount to now; `None`: it left the window.
    pub aggregate: Option<Aggregate>,
    /// Whether an item that arrived, or was rewritten, is behind it.
    pub arrived: bool,
}

impl Change {
    /// What a client should hold of the ticker now.
    pub(crate) fn shown(&self) -> &Aggregate {
        self.aggregate.as_ref().unwrap_or(&Aggregate::GONE)
    }
}
