//! Detects whether the process was frozen. Lambda freezes it between invocations, and a laptop sleeps: the other side
//! may have closed connections from before that, of which the process has not learned.
//!
//! There are two signs, neither of which shows every freeze. If the virtual machine is paused, the monotonic clock
//! stands still while the wall clock goes on. If only the process is stopped, both go on, but the watch's own ticks are
//! missing. A runtime that was busy for so long looks the same; the consequence, fresh connections, is harmless.

use super::SystemClock;
use lambda_trace::{Clock, Timestamp};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Between two ticks.
const TICK: Duration = Duration::from_millis(100);
/// A tick that is later than this was delayed by a freeze. Shorter freezes cannot be told from a busy processor.
const LATE_TICK: Duration = Duration::from_millis(400);
/// The two clocks drift apart by less than this between two looks, unless one of them stood still or was set.
const CLOCKS_APART: Duration = Duration::from_millis(50);

/// Counts the freezes of this process.
#[derive(Debug)]
pub struct FreezeWatch(Mutex<State>);

#[derive(Debug)]
struct State {
    freezes: u64,
    wall: Timestamp,
    monotonic: Instant,
}

impl FreezeWatch {
    /// Starts the watch, which ends with its last holder.
    ///
    /// # Panics
    /// If called outside of a tokio runtime.
    pub fn start() -> Arc<Self> {
        let watch =
            Arc::new(Self(Mutex::new(State { freezes: 0, wall: SystemClock.now(), monotonic: Instant::now() })));
        let watched = Arc::downgrade(&watch);
        drop(tokio::spawn(async move {
            while let Some(watch) = watched.upgrade() {
                watch.freezes();
                drop(watch);
                sleep(TICK).await;
            }
        }));
        watch
    }

    /// The number of freezes so far, including one just before this call: a caller need not wait for the next tick.
    pub fn freezes(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).look(SystemClock.now(), Instant::now())
    }
}

impl State {
    fn look(&mut self, wall: Timestamp, monotonic: Instant) -> u64 {
        let by_wall = Duration::from_micros(wall.micros().saturating_sub(self.wall.micros()));
        let by_monotonic = monotonic.saturating_duration_since(self.monotonic);
        if by_wall.abs_diff(by_monotonic) > CLOCKS_APART || by_wall > LATE_TICK {
            self.freezes += 1;
        }
        (self.wall, self.monotonic) = (wall, monotonic);
        self.freezes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn freezes(looks: &[(u64, u64)]) -> u64 {
        let (wall, monotonic) = (Timestamp::from_millis(1_795_000_000_000), Instant::now());
        let mut state = State { freezes: 0, wall, monotonic };
        let look = |&(wall_ms, monotonic_ms): &(u64, u64)| {
            state.look(wall.plus(Duration::from_millis(wall_ms)), monotonic + Duration::from_millis(monotonic_ms))
        };
        looks.iter().map(look).last().unwrap_or_default()
    }

    #[tokio::test(start_paused = true)]
    async fn regular_ticks_are_no_freeze() {
        assert_eq!(freezes(&[(100, 100), (200, 201), (530, 520)]), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_monotonic_clock_that_stood_still_is_a_freeze() {
        assert_eq!(freezes(&[(100, 100), (260, 101), (360, 201)]), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn ticks_that_are_missing_are_a_freeze() {
        assert_eq!(freezes(&[(100, 100), (600, 600), (700, 700), (1_200, 1_200)]), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wall_clock_set_back_counts_once() {
        let (wall, monotonic) = (Timestamp::from_millis(1_795_000_000_000), Instant::now());
        let mut state = State { freezes: 0, wall, monotonic };
        let later = |ms| monotonic + Duration::from_millis(ms);
        assert_eq!(state.look(wall.minus(Duration::from_secs(5)), later(100)), 1);
        assert_eq!(state.look(wall.minus(Duration::from_millis(4_900)), later(200)), 1);
    }

    #[tokio::test]
    async fn the_watch_ticks_by_itself() {
        let watch = FreezeWatch::start();
        sleep(LATE_TICK + 2 * TICK).await;
        assert_eq!(watch.freezes(), 0, "nobody looked meanwhile but the watch itself");
    }
}
