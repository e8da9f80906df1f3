//! The allowance of an account: a quarter is available immediately, the remainder accrues evenly until the expected
//! end.

use lambda_trace::Timestamp;
use std::time::Duration;

/// A span that ended so much earlier than another, which came before it, did not just come out of order: the clock was set back.
const OUT_OF_ORDER_MAX: Duration = Duration::from_secs(2);

/// An allowance that accrues while the stream runs.
#[derive(Debug)]
pub(super) struct RateAllowance {
    total: usize,
    spent: usize,
    /// The time from the opening to the expected end.
    life: Duration,
    /// How much of it has passed. Never less than it was: what has accrued once stays.
    elapsed: Duration,
    /// The moment up to which that is counted.
    counted_to: Timestamp,
}

impl RateAllowance {
    pub(super) const fn new(total: usize, opened: Timestamp, expected_end: Timestamp) -> Self {
        Self { total, spent: 0, life: expected_end.since(opened), elapsed: Duration::ZERO, counted_to: opened }
    }

    /// What is available at `at`.
    pub(super) fn available(&mut self, at: Timestamp) -> usize {
        self.elapsed = self.elapsed.saturating_add(at.since(self.counted_to));
        // Spans do not arrive in order. After a clock was set back time is counted on from there: otherwise nothing would accrue
        // until that moment comes again.
        if at > self.counted_to || self.counted_to.since(at) > OUT_OF_ORDER_MAX {
            self.counted_to = at;
        }
        self.available_now()
    }

    fn available_now(&self) -> usize {
        let at_once = self.total / 4;
        let (elapsed, life) = (self.elapsed.as_micros(), self.life.as_micros());
        let accrued = if elapsed >= life {
            self.total - at_once
        } else {
            let share = elapsed.saturating_mul((self.total - at_once) as u128) / life;
            // Less than `total`, as the elapsed time is less than the whole.
            usize::try_from(share).unwrap_or(0)
        };
        (at_once + accrued).saturating_sub(self.spent)
    }

    /// Spends `cost` if it is available.
    pub(super) fn spend(&mut self, cost: usize, at: Timestamp) -> bool {
        let fits = cost <= self.available(at);
        if fits {
            self.spent += cost;
        }
        fits
    }

    /// Spends an amount that [`Self::available`] has returned.
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

    /// Rule: Trace budget.
    #[test]
    fn a_clock_that_is_set_back_stops_no_accrual() {
        let at = Timestamp::from_millis;
        let hour = 3_600_000;
        let mut allowance = RateAllowance::new(1_000, at(hour), at(hour + 900_000));
        assert_eq!(allowance.available(at(hour + 90_000)), 250 + 75);
        assert_eq!(allowance.available(at(90_000)), 250 + 75, "set back by an hour: what has accrued stays");
        assert_eq!(allowance.available(at(450_000)), 250 + 375, "and the rest accrues from there on");
        assert_eq!(allowance.available(at(449_000)), 250 + 375, "one that came out of order");
        assert_eq!(allowance.available(at(540_000)), 250 + 450, "is not counted twice");
    }

    #[test]
    fn a_stream_without_a_life_has_all_of_it() {
        let at = Timestamp::from_millis(5);
        assert_eq!(RateAllowance::new(1_000, at, at).available(at), 1_000);
    }
}
