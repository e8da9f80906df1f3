//! The connection slots of one process.

/// MUST be synchronous (a slot is released from `Drop`) and never exceed [`ConnectionPool::max`].
pub trait ConnectionPool: Send + Sync {
    /// Takes a slot; returns how many are taken now, or `None` if all are.
    fn acquire(&self) -> Option<usize>;
    /// Releases a slot; returns how many are taken now.
    fn release(&self) -> usize;
    /// The number of slots taken.
    fn count(&self) -> usize;
    /// The number of slots.
    fn max(&self) -> usize;
}
