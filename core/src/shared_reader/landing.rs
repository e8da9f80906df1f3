//! The end of a round: what is published, when the next one is due, and what there is to tell.

use super::state::State;
use crate::{
    item::ItemProblem,
    ports::{OperatorLog, Random},
};
use lambda_trace::{CallError, Timestamp};
use std::{collections::BTreeMap, task::Waker, time::Duration};

/// After this many failed rounds the pause stops growing, at 2³ intervals.
const BACKOFF_DOUBLINGS_MAX: u32 = 3;
/// The longest pause after a failed round, unless the interval itself is longer.
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// What is to be reported to the operator after a round. It is reported after the lock is released, because logging may
/// block.
pub(super) struct News {
    failing: Option<CallError>,
    recovered: bool,
    skipped: Option<BTreeMap<ItemProblem, usize>>,
    wakers: Vec<Waker>,
}

impl News {
    /// Wakes whoever waits, and tells the operator.
    pub(super) fn tell(self, operator_log: &dyn OperatorLog) {
        self.wakers.into_iter().for_each(Waker::wake);
        if let Some(error) = self.failing {
            operator_log.polls_failing(&error);
        }
        if self.recovered {
            operator_log.polls_recovered();
        }
        if let Some(reasons) = self.skipped {
            operator_log.items_skipped(&reasons);
        }
    }
}

impl State {
    /// Ends a round and publishes its result once, with the partitions that succeeded.
    pub(super) fn land(
        &mut self,
        failure: Option<CallError>,
        began: Timestamp,
        now: Timestamp,
        random: &dyn Random,
    ) -> News {
        let was_failing = self.failures > 0;
        let mut is_news = std::mem::take(&mut self.has_expired) || was_failing != failure.is_some();
        self.failures = if failure.is_none() { 0 } else { self.failures.saturating_add(1) };
        // A pause after a failure counts from the round's end, because a round may take longer than the pause.
        let from = if failure.is_none() { began } else { now };
        self.due_at = from.plus(pause(self.plan.interval, self.failures, random));
        self.landed_at = now;
        if failure.is_none() {
            self.whole_at = Some(now);
        }
        self.flying = None;
        self.rounds += 1;
        self.newly_failed += u64::from(failure.is_some());
        self.is_applying = false;
        self.window.expire(began);
        if self.progress.has_whole() {
            is_news |= self.publish();
        }
        let wakers = if is_news {
            self.version += 1;
            self.read_version = self.version;
            self.watchers.take_all()
        } else {
            // The stream on duty may have planned another moment.
            self.watchers.take_on_duty()
        };
        let is_told = self.trouble.is_news(failure.as_ref());
        News {
            recovered: is_told && failure.is_none(),
            failing: failure.filter(|_| is_told),
            skipped: self.skipped.take_change(),
            wakers,
        }
    }
}

/// The interval after a whole round; after failed ones it doubles each time, with jitter, so that environments that
/// were throttled together do not return together.
fn pause(interval: Duration, failures: u32, random: &dyn Random) -> Duration {
    if failures == 0 {
        return interval;
    }
    let doublings = (failures - 1).min(BACKOFF_DOUBLINGS_MAX);
    let pause = (interval * (1 << doublings)).min(BACKOFF_MAX.max(interval));
    random.time_between(pause / 2, pause)
}
