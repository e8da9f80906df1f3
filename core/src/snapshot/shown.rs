//! The state of one ticker in a snapshot.

use crate::window::Aggregate;
use std::sync::Arc;

/// One ticker as a client should have it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its aggregate.
    pub aggregate: Aggregate,
    /// The version of the snapshot in which an item that arrived, or was rewritten, last changed it.
    pub arrived_in: u64,
    /// The beginning of its `sentiment_update`, which is the same for every reader.
    pub(super) json: Arc<str>,
}

impl Shown {
    pub(crate) fn json(&self) -> &str {
        &self.json
    }
}
