//! A round of polls: the Query calls of all partitions, page by page. It is admitted whole or not at all, because a
//! part of a round reads like a partition that was never asked.
//!
//! Finished spans do not say which round they belong to. Calls of one round overlap or follow each other at once, while
//! rounds are a poll interval apart, of at least 50 ms.

use super::Held;
use sse_core::time::Timestamp;

/// A call that begins later than this after all known calls of a round ended belongs to the next, in milliseconds.
const GAP_MS: u64 = 25;

/// The round that is going on.
#[derive(Debug, Default)]
pub(super) struct Round {
    spans: Vec<Held>,
    cost: usize,
    /// It did not fit: whatever else belongs to it is folded too.
    is_doomed: bool,
    last_end: Timestamp,
}

impl Round {
    /// Whether a call that began at `start` belongs to another round.
    pub(super) fn is_over(&self, start: Timestamp) -> bool {
        start > self.last_end.plus_ms(GAP_MS)
    }

    /// A call of this round ended.
    pub(super) fn saw(&mut self, end: Timestamp) {
        self.last_end = self.last_end.max(end);
    }

    /// Adds a call; returns how many are folded by that.
    pub(super) fn add(&mut self, held: Held, available: usize) -> u64 {
        if self.is_doomed {
            return 1;
        }
        self.cost += held.document;
        self.spans.push(held);
        if self.cost <= available {
            return 0;
        }
        self.is_doomed = true;
        self.cost = 0;
        std::mem::take(&mut self.spans).len() as u64
    }

    /// Ends the round: its cost, which was available when it was added up, and its spans.
    pub(super) fn close(&mut self) -> (usize, Vec<Held>) {
        self.is_doomed = false;
        (std::mem::take(&mut self.cost), std::mem::take(&mut self.spans))
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }
}
