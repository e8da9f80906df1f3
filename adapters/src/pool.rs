//! The connection slots of this process: one atomic counter. The same in production as in tests.

#[cfg(feature = "shuttle")]
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use sse_core::ports::ConnectionPool;
#[cfg(not(feature = "shuttle"))]
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A counter that never exceeds its maximum.
#[derive(Debug)]
pub struct SlotPool {
    taken: AtomicUsize,
    max: usize,
}

impl SlotPool {
    /// A pool of `max` slots.
    pub const fn new(max: usize) -> Self {
        Self { taken: AtomicUsize::new(0), max }
    }
}

impl ConnectionPool for SlotPool {
    fn acquire(&self) -> Option<usize> {
        let free = |taken: usize| (taken < self.max).then_some(taken + 1);
        self.taken.fetch_update(SeqCst, SeqCst, free).ok().map(|before| before + 1)
    }

    fn release(&self) -> usize {
        // A release too many would be a bug of the caller; it must not create slots that do not exist.
        let given_back = |taken: usize| taken.checked_sub(1);
        self.taken.fetch_update(SeqCst, SeqCst, given_back).map_or(0, |before| before - 1)
    }

    fn count(&self) -> usize {
        self.taken.load(SeqCst)
    }

    fn max(&self) -> usize {
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Arc, thread};

    #[test]
    fn gives_no_slot_that_it_does_not_have() {
        let pool = SlotPool::new(2);
        assert_eq!((pool.acquire(), pool.acquire(), pool.acquire()), (Some(1), Some(2), None));
        assert_eq!((pool.release(), pool.acquire(), pool.count(), pool.max()), (1, Some(2), 2, 2));
    }

    #[test]
    fn a_release_too_many_makes_no_slot() {
        let pool = SlotPool::new(1);
        assert_eq!((pool.release(), pool.acquire(), pool.acquire()), (0, Some(1), None));
    }

    #[test]
    fn holds_its_bound_among_threads() {
        let pool = Arc::new(SlotPool::new(3));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let pool = pool.clone();
                thread::spawn(move || {
                    for _ in 0..5_000 {
                        if let Some(taken) = pool.acquire() {
                            assert!(taken <= 3);
                            pool.release();
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(pool.count(), 0);
    }
}
