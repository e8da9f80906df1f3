//! The wall clock, with tokio's timers to wait on.
//!
//! Timers run on the monotonic clock, which may stand still while a process is frozen. One watch for the whole process
//! compares both clocks, and wakes every sleeper once they have moved apart. A sleeper by itself wakes only at its
//! moment, so that thousands of them cost nothing while nothing happens. The watch also notices a wall clock that was
//! set back: less of it has passed than was slept.

mod freeze_watch;

use async_trait::async_trait;
use freeze_watch::{APART, FreezeWatch, LOOK_EVERY};
use futures::future::select;
use lambda_trace::{Clock, Timestamp};
use std::{
    pin::pin,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

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
        let steady = || monotonic().saturating_duration_since(began);
        sleep_until(|| self.now(), steady, FreezeWatch::of_this_process(), at).await;
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
async fn sleep_until(
    now: impl Fn() -> Timestamp,
    steady: impl Fn() -> Duration,
    watch: &FreezeWatch,
    mut at: Timestamp,
) {
    let (mut wall, mut since) = (now(), steady());
    loop {
        // Registered before the clocks are read, so that any later movement of them wakes this sleeper.
        let moved = pin!(watch.moved());
        let (wall_now, steady_now) = (now(), steady());
        let set_back = wall.plus(steady_now.saturating_sub(since)).since(wall_now);
        if set_back > APART {
            at = at.minus(set_back);
        }
        (wall, since) = (wall_now, steady_now);
        let left = at.since(wall);
        if left.is_zero() {
            return;
        }
        if left <= LOOK_EVERY {
            // The watch would not wake it sooner.
            tokio::time::sleep(left).await;
        } else {
            select(pin!(tokio::time::sleep(left.min(watch.trust()))), moved).await;
        }
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
        let at = clock.now().plus(Duration::from_millis(1));
        clock.sleep_until(at).await;
        assert!(clock.now() >= at);
    }

    #[tokio::test(start_paused = true)]
    async fn timers_that_ran_ahead_do_not_end_a_sleep() {
        // With tokio's clock paused its timers fire at once; the wall clock has not moved, so the sleep goes on.
        let clock = SystemClock;
        let long = clock.sleep_until(clock.now().plus(Duration::from_hours(1)));
        assert!(tokio::time::timeout(Duration::from_secs(5), long).await.is_err());
    }

    #[tokio::test]
    async fn a_sleeper_wakes_once_the_watch_saw_a_freeze() {
        // Frozen while it sleeps: the wall clock jumps an hour, the timers have seen nothing of it.
        let hour = Timestamp::from_millis(3_600_000);
        let wall = Cell::new(Timestamp::default());
        let watch = FreezeWatch::default();
        let mut sleep = pin!(sleep_until(|| wall.get(), || Duration::ZERO, &watch, hour));
        assert!(sleep.as_mut().now_or_never().is_none());
        watch.look(Duration::ZERO, Duration::ZERO);
        wall.set(hour);
        assert!(sleep.as_mut().now_or_never().is_none(), "nobody has told it");
        watch.look(Duration::from_hours(1), Duration::ZERO);
        assert!(sleep.now_or_never().is_some());
    }

    /// Rule: Fan-out.
    #[tokio::test(start_paused = true)]
    async fn while_nothing_happens_a_sleeper_wakes_at_its_moment_alone() {
        let began = tokio::time::Instant::now();
        let (steady, start) = (|| began.elapsed(), Timestamp::from_millis(1_795_000_000_000));
        let watch = FreezeWatch::default();
        let minute = Duration::from_mins(1);
        let mut sleep = pin!(sleep_until(|| start.plus(steady()), steady, &watch, start.plus(minute)));
        let mut looks = 0;
        std::future::poll_fn(|cx| {
            looks += 1;
            sleep.as_mut().poll(cx)
        })
        .await;
        assert_eq!((looks, began.elapsed()), (2, minute), "once to fall asleep, once to wake");
        assert!(std::ptr::eq(FreezeWatch::of_this_process(), FreezeWatch::of_this_process()), "one watch for all");
    }

    #[tokio::test]
    async fn without_a_watch_it_looks_for_itself() {
        let second = Timestamp::from_millis(1_000);
        let looks = Cell::new(0);
        let wall = || if looks.replace(looks.get() + 1) < 2 { Timestamp::default() } else { second };
        let watch = FreezeWatch::without_a_thread();
        let began = tokio::time::Instant::now();
        sleep_until(wall, || Duration::ZERO, &watch, second).await;
        assert!((LOOK_EVERY..Duration::from_millis(900)).contains(&began.elapsed()));
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
        let watch = FreezeWatch::without_a_thread();
        sleep_until(wall, || began.elapsed(), &watch, wall().plus(Duration::from_secs(5))).await;
        let slept = began.elapsed();
        assert!((Duration::from_millis(4_990)..Duration::from_millis(5_010)).contains(&slept), "{slept:?}");
    }
}
