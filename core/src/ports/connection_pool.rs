//! The slots for streams of one process.

/// MUST be synchronous (a slot is released from `Drop`) and never exceed [`ConnectionPool::max`].
pub trait ConnectionPool: Send + Sync {
    /// Takes a slot: how many are taken now, or `None` if all are.
    fn acquire(&self) -> Option<usize>;
    /// Gives one back: how many are taken now.
    fn release(&self) -> usize;
    /// How many are taken.
    fn count(&self) -> usize;
    /// How many there are.
    fn max(&self) -> usize;
}
