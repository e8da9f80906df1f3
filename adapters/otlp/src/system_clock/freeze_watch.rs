//! Detects that the wall clock and the monotonic clock have moved apart: after a freeze in which the monotonic one
//! stood still, and when the wall clock was set. One thread for the whole process does this; it belongs to no runtime,
//! because sleepers of several runtimes may wait for it.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::{Notify, futures::Notified};

/// The time between two looks: a sleeper wakes at most this late after a freeze.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A difference below this does not count as having moved apart.
pub(super) const APART: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct FreezeWatch {
    moved: Notify,
    /// The two clocks at the first look, or at the last one that found them apart.
    base: Mutex<Option<(Duration, Duration)>>,
    is_blind: AtomicBool,
}

impl FreezeWatch {
    /// The watch, started at the first use.
    pub(super) fn of_this_process() -> &'static Self {
        static WATCH: OnceLock<FreezeWatch> = OnceLock::new();
        static THREAD: OnceLock<()> = OnceLock::new();
        let watch = WATCH.get_or_init(Self::default);
        THREAD.get_or_init(|| {
            let begun =
                thread::Builder::new().name("freeze-watch".to_owned()).stack_size(64 * 1_024).spawn(|| watch.run());
            // If no thread can be started, each sleeper looks for itself.
            watch.is_blind.store(begun.is_err(), Relaxed);
        });
        watch
    }

    #[cfg(test)]
    pub(super) fn without_a_thread() -> Self {
        Self { is_blind: AtomicBool::new(true), ..Self::default() }
    }

    /// Resolves once the clocks have moved apart after this call.
    pub(super) fn moved(&self) -> Notified<'_> {
        self.moved.notified()
    }

    /// How long a sleeper may rely on its timer.
    pub(super) fn trust(&self) -> Duration {
        if self.is_blind.load(Relaxed) { LOOK_EVERY } else { Duration::MAX }
    }

    #[expect(clippy::disallowed_methods, reason = "it compares the two clocks that there are")]
    fn run(&self) {
        let start = Instant::now();
        loop {
            let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.look(wall, start.elapsed());
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Compares the clocks, and wakes all sleepers if they have moved apart.
    pub(super) fn look(&self, wall: Duration, monotonic: Duration) {
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        let (base_wall, base_monotonic) = *base.get_or_insert((wall, monotonic));
        let expected = base_wall + monotonic.saturating_sub(base_monotonic);
        if wall.abs_diff(expected) > APART {
            *base = Some((wall, monotonic));
            self.moved.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn clocks_that_go_together_wake_nobody_and_one_jump_wakes_once() {
        let watch = FreezeWatch::default();
        let woken = |wall, monotonic| {
            let moved = watch.moved();
            watch.look(wall, monotonic);
            moved.now_or_never().is_some()
        };
        assert!(!woken(ms(1_000), ms(0)), "the first look has nothing to compare with");
        assert!(!woken(ms(1_500), ms(500)));
        assert!(woken(ms(9_000), ms(600)), "the monotonic clock stood still");
        assert!(!woken(ms(9_500), ms(1_100)));
        assert!(woken(ms(3_000), ms(1_200)), "the wall clock was set back");
        // A drift accumulates.
        assert!(!woken(ms(3_530), ms(1_700)));
        assert!(woken(ms(4_060), ms(2_200)));
    }
}
