//! Which workers of a process reach the Runtime API. One that does not may be unlucky; when none does, it is gone.

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

    /// One more worker has given the Runtime API up for lost.
    pub(crate) fn lose(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    /// A worker that had reaches it again.
    pub(crate) fn regain(&self) {
        self.lost.fetch_sub(1, Relaxed);
    }

    /// Whether it is lost to all of them: those in an invocation have not given it up.
    pub(crate) fn is_gone(&self) -> bool {
        self.lost.load(Relaxed) >= self.workers
    }
}
