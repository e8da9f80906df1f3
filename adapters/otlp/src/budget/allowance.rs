//! One account of a budget: a quarter at once, the remainder evenly until the expected end.

use lambda_trace::Timestamp;
use std::time::Duration;

/// An account that fills while the stream runs.
#[derive(Debug)]
pub(super) struct RateAllowance {
    total: usize,
    spent: usize,
    opened: Timestamp,
    /// From the opening to the expected end.
    life: Duration,
    /// Spans do not arrive in order; what has accrued once stays.
    latest: Timestamp,
}

impl RateAllowance {
    pub(super) const fn new(total: usize, opened: Timestamp, expected_end: Timestamp) -> Self {
        Self { total, spent: 0, opened, life: expected_end.since(opened), latest: opened }
    }

    /// What can be spent at `at`.
    pub(super) fn available(&mut self, at: Timestamp) -> usize {
        self.latest = self.latest.max(at);
        self.available_now()
    }

    fn available_now(&self) -> usize {
        let at_once = self.total / 4;
        let (elapsed, life) = (self.latest.since(self.opened).as_micros(), self.life.as_micros());
        let accrued = if elapsed >= life {
            self.total - at_once
        } else {
            let share = elapsed.saturating_mul((self.total - at_once) as u128) / life;
            // Less than `total`, as the elapsed time is less than the whole.
            usize::try_from(share).unwrap_or(0)
        };
        (at_once + accrued).saturating_sub(self.spent)
    }

    /// Spends `cost` if it is there.
    pub(super) fn spend(&mut self, cost: usize, at: Timestamp) -> bool {
        let fits = cost <= self.available(at);
        if fits {
            self.spent += cost;
        }
        fits
    }

    /// Spends what [`Self::available`] was asked for before.
    pub(super) const fn charge(&mut self, cost: usize) {
        self.spent += cost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_there_at_once_and_the_rest_accrues_evenly() {
        let at = Timestamp::from_millis;
        let mut allowance = RateAllowance::new(1_000, at(100), at(200));
        assert_eq!(allowance.available(at(100)), 250);
        assert_eq!(allowance.available(at(150)), 625);
        assert!(!allowance.spend(626, at(150)) && allowance.spend(625, at(150)));
        assert_eq!(allowance.available(at(150)), 0);
        assert_eq!(allowance.available(at(120)), 0, "time does not run backwards");
        assert_eq!(allowance.available(at(900)), 375);
    }

    #[test]
    fn a_stream_without_a_life_has_all_of_it() {
        let at = Timestamp::from_millis(5);
        assert_eq!(RateAllowance::new(1_000, at, at).available(at), 1_000);
    }
}
