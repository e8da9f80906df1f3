//! The one place that reads the clocks of this machine. Everything recorded carries a [`Stamp`], so that what a receiver
//! saw can be put in order with what the environment did. It knows nothing of what is stamped.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment on both clocks: the monotonic one for order and distance, the wall clock to compare with times in spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    monotonic: Instant,
    unix_ns: u64,
}

impl Stamp {
    /// This moment.
    #[expect(clippy::disallowed_methods, reason = "test support runs real processes, whose clock is the real one")]
    pub fn now() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { monotonic: Instant::now(), unix_ns: u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX) }
    }

    /// Nanoseconds since 1970 on the wall clock.
    pub const fn unix_ns(&self) -> u64 {
        self.unix_ns
    }

    /// Milliseconds since 1970 on the wall clock.
    pub const fn unix_ms(&self) -> u64 {
        self.unix_ns / 1_000_000
    }

    /// Seconds since 1970 on the wall clock, as X-Ray documents want them.
    #[expect(clippy::cast_precision_loss, reason = "X-Ray's own format: a float of seconds")]
    pub fn unix_seconds(&self) -> f64 {
        (self.unix_ns / 1_000) as f64 / 1e6
    }

    /// Time passed from `earlier` to this moment; zero if `earlier` is the later one.
    pub fn since(&self, earlier: &Self) -> Duration {
        self.monotonic.saturating_duration_since(earlier.monotonic)
    }

    /// Time passed since this moment.
    pub fn elapsed(&self) -> Duration {
        Self::now().since(self)
    }

    pub(crate) fn later(&self, by: Duration) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.monotonic + by)
    }
}
