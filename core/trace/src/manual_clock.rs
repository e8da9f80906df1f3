//! A clock for tests, which moves only when it is told to.

use crate::{Clock, Timestamp};
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

/// The data below this lock is consistent after every statement, so a panic of another thread does not corrupt it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stands still until [`ManualClock::advance`] or [`ManualClock::set`] moves it, which wakes every sleeper that is due.
#[derive(Debug, Default)]
pub struct ManualClock(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: Timestamp,
    /// By how much it was set back in total. Sleepers go by the sum of `now` and this, which never decreases.
    set_back: Duration,
    next_id: u64,
    /// Ordered by moment, then by the order of falling asleep, so that the order of waking is the same in every run.
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        let state = State { now, ..State::default() };
        Self(Mutex::new(state))
    }

    /// On by `duration`.
    pub fn advance(&self, duration: Duration) {
        let to = lock(&self.0).now.plus(duration);
        self.set(to);
    }

    /// Sets the clock to this moment, which may be an earlier one: wall clocks are set back, too. No sleeper sleeps
    /// longer because of it.
    pub fn set(&self, to: Timestamp) {
        let due = {
            let mut state = lock(&self.0);
            let back = state.now.since(to);
            state.set_back += back;
            state.now = to;
            let steady = state.steady();
            // What is still in the map sleeps beyond that moment.
            let later = state.sleepers.split_off(&(steady, u64::MAX));
            std::mem::replace(&mut state.sleepers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    /// When the next sleeper is due: how far a simulation may jump.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let state = lock(&self.0);
        state.sleepers.first_key_value().map(|((at, _), _)| at.minus(state.set_back))
    }
}

impl State {
    /// The sum of `now` and what the clock was set back by: a clock that never goes back.
    fn steady(&self) -> Timestamp {
        self.now.plus(self.set_back)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        lock(&self.0).now
    }

    async fn sleep_until(&self, at: Timestamp) {
        Sleep { clock: self, at, key: None }.await;
    }
}

struct Sleep<'c> {
    clock: &'c ManualClock,
    at: Timestamp,
    /// The moment to wake at, on the clock that never goes back; set by the first poll.
    key: Option<(Timestamp, u64)>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock;
        let mut state = lock(&clock.0);
        let at = self.at;
        let key = *self.key.get_or_insert_with(|| {
            state.next_id += 1;
            (at.plus(state.set_back), state.next_id)
        });
        if state.steady() >= key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            lock(&self.clock.0).sleepers.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    #[derive(Default)]
    struct Woken(AtomicUsize);
    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn wakes_those_whose_moment_came_and_nobody_else() {
        let clock = ManualClock::default();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut cx = Context::from_waker(&waker);
        let mut soon = clock.sleep_until(Timestamp::from_millis(5));
        let mut late = clock.sleep_until(Timestamp::from_millis(9));
        assert!(soon.poll_unpin(&mut cx).is_pending() && late.poll_unpin(&mut cx).is_pending());
        assert_eq!(clock.next_wake(), Some(Timestamp::from_millis(5)));
        clock.advance(Duration::from_millis(4));
        assert_eq!(woken.0.load(SeqCst), 0);
        clock.advance(Duration::from_millis(1));
        assert_eq!(woken.0.load(SeqCst), 1);
        assert!(soon.poll_unpin(&mut cx).is_ready() && late.poll_unpin(&mut cx).is_pending());
        assert_eq!(clock.next_wake(), Some(Timestamp::from_millis(9)));
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_asleep() {
        let clock = ManualClock::new(Timestamp::from_millis(9_000));
        let mut sleeper = clock.sleep_until(Timestamp::from_millis(9_010));
        assert!((&mut sleeper).now_or_never().is_none());
        clock.set(Timestamp::from_millis(5_000));
        assert_eq!(clock.next_wake(), Some(Timestamp::from_millis(5_010)));
        clock.advance(Duration::from_millis(9));
        assert!((&mut sleeper).now_or_never().is_none());
        clock.advance(Duration::from_millis(1));
        assert!(sleeper.now_or_never().is_some());
        // A sleeper that begins afterwards goes by the clock as it now stands.
        assert!(clock.sleep_until(Timestamp::from_millis(5_011)).now_or_never().is_none());
    }

    #[test]
    fn a_dropped_sleeper_leaves_nothing() {
        let clock = ManualClock::default();
        assert!(clock.sleep_until(Timestamp::from_millis(1)).now_or_never().is_none());
        assert_eq!(clock.next_wake(), None);
    }
}
