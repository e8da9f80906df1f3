//! A ticker whose items changed.

use super::aggregate::Aggregate;
use crate::item::Ticker;

/// A ticker whose items changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The ticker.
    pub ticker: Ticker,
    /// Its aggregate; `None` if it left the window.
    pub aggregate: Option<Aggregate>,
    /// Whether an item that arrived, or was rewritten, caused the change.
    pub arrived: bool,
}

impl Change {
    /// The state of the ticker that a client should have.
    pub(crate) fn shown(&self) -> &Aggregate {
        self.aggregate.as_ref().unwrap_or(&Aggregate::GONE)
    }
}
