//! Time as a port.

use crate::Timestamp;
use async_trait::async_trait;

/// MUST be the wall clock, go on while the process is frozen, and wake sleepers whose moment passed meanwhile. A wall clock may be set
/// back; nobody MUST sleep longer for it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Resolves when `now() >= at`, at once if that holds already; should the clock be set back meanwhile, when as much time has passed
    /// as there was left. Whoever computes `at` from a moment that is long past has to look whether it is still within reach of `now()`.
    /// MUST be cancel-safe.
    async fn sleep_until(&self, at: Timestamp);
}
