//! Randomness as a port: jitter and connection ids.

use lambda_trace::whole_millis;
use std::time::Duration;

/// MUST NOT repeat its sequence between processes, and never block. Not for secrets.
pub trait Random: Send + Sync {
    /// 64 random bits.
    fn next_u64(&self) -> u64;

    /// A number in `low..=high`; `low` if the range is empty.
    fn between(&self, low: u64, high: u64) -> u64 {
        match high.checked_sub(low) {
            None | Some(0) => low,
            Some(u64::MAX) => self.next_u64(),
            // The bias of the remainder is below 2^-40 for the spans used here (milliseconds of a delay).
            Some(width) => low + self.next_u64() % (width + 1),
        }
    }

    /// A time in `low..=high`, in whole milliseconds.
    fn time_between(&self, low: Duration, high: Duration) -> Duration {
        Duration::from_millis(self.between(whole_millis(low), whole_millis(high)))
    }
}
