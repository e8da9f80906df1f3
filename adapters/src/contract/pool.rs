//! `ConnectionPool`: no slot more than there are.

use sse_core::ports::ConnectionPool;

/// The whole suite, on a pool of three slots.
///
/// # Panics
/// The adapter breaks the contract.
pub fn check_pool(pool: &dyn ConnectionPool) {
    assert_eq!((pool.count(), pool.max()), (0, 3));
    assert_eq!([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()], [Some(1), Some(2), Some(3), None]);
    assert_eq!((pool.count(), pool.release(), pool.acquire()), (3, 2, Some(3)));
    assert_eq!([pool.release(), pool.release(), pool.release(), pool.count()], [2, 1, 0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::SlotPool;

    #[test]
    fn the_counter() {
        check_pool(&SlotPool::new(3));
    }
}
