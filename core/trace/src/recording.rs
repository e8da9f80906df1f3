//! A sampled stream: the handle that its spans go to, and the count of those created.

use crate::{FlushOutcome, LedgerEntry, StreamEnd, StreamSpans};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Shared by the phase, the flush and the rescue.
#[derive(Clone)]
pub(super) struct Recording {
    pub(super) spans: Arc<dyn StreamSpans>,
    pub(super) counts: Arc<Counts>,
}

/// The counts of a running stream.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) created: AtomicU64,
    pub(super) failures: AtomicU64,
    /// Its account was settled.
    is_closed: AtomicBool,
}

impl Recording {
    /// Settles the stream's account; nothing if that was done.
    pub(super) fn close(&self, flush_time: Duration, outcome: FlushOutcome) -> LedgerEntry {
        if self.counts.is_closed.swap(true, Relaxed) {
            return LedgerEntry::default();
        }
        self.spans.close(StreamEnd { created: self.counts.created.load(Relaxed), flush_time, outcome })
    }
}
