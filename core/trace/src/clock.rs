//! Time as a port.

use crate::Timestamp;
use async_trait::async_trait;

/// MUST be the wall clock, advance while the process is frozen, and wake sleepers whose moment passed meanwhile. A wall
/// clock can be set back; no sleeper MUST sleep longer because of it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Resolves when `now() >= at`, immediately if that holds already. If the clock is set back meanwhile, it resolves
    /// once the time that was left has passed. A caller that computes `at` from a moment long past has to check that it
    /// is still within reach of `now()`. MUST be cancel-safe.
    async fn sleep_until(&self, at: Timestamp);
}
