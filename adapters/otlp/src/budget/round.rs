//! Spans that are admitted together or not at all, because a part of them would look like a call that was never made.
//! The spans themselves contain which round they belong to.

use crate::BufferedSpan;

/// The round in progress.
#[derive(Default)]
pub(super) struct Round {
    pub(super) number: u64,
    pub(super) spans: Vec<BufferedSpan>,
    /// What was available when the spans were added.
    pub(super) cost: usize,
    /// Whether it did not fit: further spans of the round are folded too.
    is_doomed: bool,
}

impl Round {
    pub(super) fn new(number: u64) -> Self {
        Self { number, ..Self::default() }
    }

    /// Adds a span; returns how many spans are folded because the round costs more than is `available`.
    pub(super) fn add(&mut self, buffered: BufferedSpan, available: usize) -> u64 {
        if self.is_doomed {
            return 1;
        }
        self.cost += buffered.document;
        self.spans.push(buffered);
        if self.cost <= available {
            return 0;
        }
        self.is_doomed = true;
        self.cost = 0;
        std::mem::take(&mut self.spans).len() as u64
    }
}
