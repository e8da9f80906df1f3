//! Spans that are admitted as a whole or not at all, because a part of them reads like a call that was never made. Which ones belong
//! together is said by the spans themselves.

use crate::BufferedSpan;

/// The round that is going on.
#[derive(Default)]
pub(super) struct Round {
    pub(super) number: u64,
    pub(super) spans: Vec<BufferedSpan>,
    /// Was available when it was added up.
    pub(super) cost: usize,
    /// It did not fit: whatever else belongs to it is folded too.
    is_doomed: bool,
}

impl Round {
    pub(super) fn new(number: u64) -> Self {
        Self { number, ..Self::default() }
    }

    /// Adds a span; returns how many are folded by that, because together they cost more than is `available`.
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
