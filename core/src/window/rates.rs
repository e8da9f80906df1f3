//! The number of items that were written within the last hour and the last 24 hours. They are counted on request, in
//! whole seconds, without iterating over the items.

use crate::sync::{Mutex, MutexGuard};
use lambda_trace::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 24 * HOUR_S;

/// Shared by a window and its snapshots, because a rate is that of the moment in which it is printed, not of the last
/// change.
#[derive(Clone, Debug)]
pub struct Rates(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    span_s: u64,
    per_second: BTreeMap<u64, u64>,
    hour: Sliding,
    day: Sliding,
}

/// The number of items from a moving second on.
#[derive(Debug, Default)]
struct Sliding {
    from: u64,
    count: u64,
}

impl Sliding {
    fn move_to(&mut self, from: u64, per_second: &BTreeMap<u64, u64>) {
        if from > self.from {
            self.count -= per_second.range(self.from..from).map(|(_, n)| n).sum::<u64>();
        } else {
            // The clock was set back.
            self.count += per_second.range(from..self.from).map(|(_, n)| n).sum::<u64>();
        }
        self.from = from;
    }
}

impl Rates {
    pub(super) fn new(span: Duration) -> Self {
        let state = State {
            span_s: span.as_secs(),
            per_second: BTreeMap::new(),
            hour: Sliding::default(),
            day: Sliding::default(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, at: Timestamp) {
        let mut state = self.state();
        let second = second(at);
        *state.per_second.entry(second).or_default() += 1;
        let State { hour, day, .. } = &mut *state;
        for sliding in [hour, day] {
            sliding.count += u64::from(second >= sliding.from);
        }
    }

    pub(super) fn remove(&self, at: Timestamp) {
        let mut state = self.state();
        let second = second(at);
        let Some(count) = state.per_second.get_mut(&second) else { return };
        *count -= 1;
        if *count == 0 {
            state.per_second.remove(&second);
        }
        let State { hour, day, .. } = &mut *state;
        for sliding in [hour, day] {
            sliding.count -= u64::from(second >= sliding.from);
        }
    }

    /// The number of items of the last hour and of the last 24 hours before `now`; `None` if the window is shorter.
    pub fn at(&self, now: Timestamp) -> (Option<u64>, Option<u64>) {
        let mut state = self.state();
        let now = second(now);
        let State { span_s, per_second, hour, day } = &mut *state;
        hour.move_to(now.saturating_sub(HOUR_S), per_second);
        day.move_to(now.saturating_sub(DAY_S), per_second);
        ((*span_s >= HOUR_S).then_some(hour.count), (*span_s >= DAY_S).then_some(day.count))
    }
}

const fn second(at: Timestamp) -> u64 {
    at.millis() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn counts_are_of_the_moment_also_when_the_clock_is_set_back() {
        let rates = Rates::new(Duration::from_secs(DAY_S));
        for at in [0, 50_000, 99_000, 99_000, 100_000] {
            rates.add(s(at));
        }
        assert_eq!(rates.at(s(100_000)), (Some(3), Some(4)));
        assert_eq!(rates.at(s(102_600)), (Some(3), Some(4)), "inclusive");
        assert_eq!(rates.at(s(102_601)), (Some(1), Some(4)));
        assert_eq!(rates.at(s(100_000)), (Some(3), Some(4)));
        rates.remove(s(99_000));
        rates.remove(s(0));
        assert_eq!(rates.at(s(100_000)), (Some(2), Some(3)));
    }

    #[test]
    fn a_window_that_is_shorter_has_no_rate() {
        assert_eq!(Rates::new(Duration::from_secs(HOUR_S)).at(s(5)), (Some(0), None));
        assert_eq!(Rates::new(Duration::from_millis(HOUR_S * 1_000 - 1)).at(s(5)), (None, None));
    }
}
