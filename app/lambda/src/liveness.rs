//! Which workers of a process reach the Runtime API. One that does not reach it may be an exception; when none does,
//! the Runtime API is gone.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub(crate) struct Liveness {
    workers: usize,
    lost: AtomicUsize,
}

impl Liveness {
    pub(crate) const fn new(workers: usize) -> Self {
        Self { workers, lost: AtomicUsize::new(0) }
    }

    /// Whether there is one worker and no other.
    pub(crate) const fn is_single(&self) -> bool {
        self.workers == 1
    }

    /// One more worker no longer reaches the Runtime API.
    pub(crate) fn lose(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    /// A worker reaches it again.
    pub(crate) fn regain(&self) {
        self.lost.fetch_sub(1, Relaxed);
    }

    /// Whether no worker reaches it; workers in an invocation count as reaching it.
    pub(crate) fn is_gone(&self) -> bool {
        self.lost.load(Relaxed) >= self.workers
    }
}
