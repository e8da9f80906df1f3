//! The wall clock, with tokio's timer to wait on. Knows nothing of what is waited for.
//!
//! A frozen process loses its timers' time: they run on the monotonic clock, which may stand still meanwhile. So a long
//! sleep is slept in slices, and each waking looks at the wall clock again. A wall clock that was set back shows then, too: less
//! of it has passed than was slept.

use async_trait::async_trait;
use lambda_trace::{Clock, Timestamp};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The longest a sleeper trusts the monotonic clock, in milliseconds: so late it wakes after a freeze at the most.
const SLICE_MS: u64 = 500;
/// The two clocks drift apart by less than this within a slice, unless the wall clock was set.
const CLOCKS_APART: Duration = Duration::from_millis(50);

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
        let began = monotonic();
        sleep_until(|| self.now(), || monotonic().saturating_duration_since(began), at).await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "beside the wall clock, to see it set back; tokio's own may be paused by a test"
)]
fn monotonic() -> Instant {
    Instant::now()
}

/// `steady` never goes back.
async fn sleep_until(now: impl Fn() -> Timestamp, steady: impl Fn() -> Duration, mut at: Timestamp) {
    let (mut wall, mut since) = (now(), steady());
    while wall < at {
        tokio::time::sleep(at.since(wall).min(Duration::from_millis(SLICE_MS))).await;
        let (wall_now, steady_now) = (now(), steady());
        let set_back = wall.plus(steady_now.saturating_sub(since)).since(wall_now);
        if set_back > CLOCKS_APART {
            at = at.minus(set_back);
        }
        (wall, since) = (wall_now, steady_now);
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
        sleep_until(wall, || Duration::ZERO, hour).await;
        assert!(began.elapsed() <= Duration::from_millis(SLICE_MS + 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_back_prolongs_no_sleep() {
        let began = tokio::time::Instant::now();
        let hour = Duration::from_hours(1);
        // Set back by an hour two seconds into a sleep of five.
        let wall = || {
            let slept = began.elapsed();
            let back = if slept < Duration::from_secs(2) { Duration::ZERO } else { hour };
            Timestamp::from_millis(1_795_000_000_000).plus(slept).minus(back)
        };
        sleep_until(wall, || began.elapsed(), wall().plus(Duration::from_secs(5))).await;
        let slept = began.elapsed();
        assert!((Duration::from_millis(4_990)..Duration::from_millis(5_010)).contains(&slept), "{slept:?}");
    }
}
