//! The wall clock, with tokio's timer to wait on. Knows nothing of what is waited for.
//!
//! A frozen process loses its timers' time: they run on the monotonic clock, which may stand still meanwhile. So a long
//! sleep is slept in slices, and each waking looks at the wall clock again.

use async_trait::async_trait;
use lambda_trace::{Clock, Timestamp};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest a sleeper trusts the monotonic clock, in milliseconds: so late it wakes after a freeze at the most.
const SLICE_MS: u64 = 500;

/// The wall clock. Sleeping needs a tokio runtime with its timer on.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX))
    }

    async fn sleep_until(&self, at: Timestamp) {
        sleep_until(|| self.now(), at).await;
    }
}

async fn sleep_until(now: impl Fn() -> Timestamp, at: Timestamp) {
    loop {
        let left_us = at.micros().saturating_sub(now().micros());
        if left_us == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_micros(left_us.min(SLICE_MS * 1_000))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::cell::Cell;

    #[test]
    fn a_moment_that_passed_needs_no_timer() {
        let clock = SystemClock;
        let now = clock.now();
        assert!(now > Timestamp::from_millis(1_700_000_000_000));
        assert!(clock.sleep_until(now).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleeper_does_not_wake_early() {
        let clock = SystemClock;
        let at = clock.now().plus_ms(1);
        clock.sleep_until(at).await;
        assert!(clock.now() >= at);
    }

    #[tokio::test(start_paused = true)]
    async fn timers_that_ran_ahead_do_not_end_a_sleep() {
        // With tokio's clock paused its timers fire at once; the wall clock has not moved, so the sleep goes on.
        let clock = SystemClock;
        let long = clock.sleep_until(clock.now().plus_ms(3_600_000));
        assert!(tokio::time::timeout(Duration::from_secs(5), long).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleeper_wakes_soon_after_a_freeze() {
        // Frozen right after it fell asleep: the wall clock jumps an hour, the timers have seen nothing of it.
        let hour = Timestamp::from_millis(3_600_000);
        let looks = Cell::new(0);
        let wall = || if looks.replace(looks.get() + 1) == 0 { Timestamp::default() } else { hour };
        let began = tokio::time::Instant::now();
        sleep_until(wall, hour).await;
        assert!(began.elapsed() <= Duration::from_millis(SLICE_MS + 1));
    }
}
