//! Time as a port.

use crate::Timestamp;
use async_trait::async_trait;

/// MUST be the wall clock, go on while the process is frozen, and wake sleepers whose moment passed meanwhile.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Resolves when `now() >= at`, at once if that holds already. MUST be cancel-safe.
    async fn sleep_until(&self, at: Timestamp);
}
