//! Which calls fail, and how. It answers nothing itself.

use std::time::Duration;

use crate::ids::Ids;

const MILLION: u64 = 1_000_000;

/// What happens to a call instead of success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsFault {
    /// The service's own throttling error.
    Throttle,
    /// The service's own internal error, status 500.
    Internal,
    /// Access denied.
    AccessDenied,
    /// Read and never answered.
    Hang,
    /// Done at once, answered this much later.
    Slow(Duration),
    /// Status 200 and a body that is none.
    Garbage,
    /// A validation error whose text has this many bytes.
    HugeError(usize),
    /// Read, not done, and the connection reset.
    Reset,
    /// Done, and the connection reset before the answer.
    AnswerLost,
}

/// The calls that a fault is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct On {
    operation: Option<String>,
    table: Option<String>,
    partition: Option<String>,
    times: Option<u32>,
    /// Of a million.
    share: Option<u64>,
}

impl On {
    /// Every call.
    pub fn any() -> Self {
        Self::default()
    }

    /// Calls of this operation.
    pub fn operation(name: &str) -> Self {
        Self { operation: Some(name.to_owned()), ..Self::default() }
    }

    /// Only those on this table.
    #[must_use]
    pub fn table(mut self, name: &str) -> Self {
        self.table = Some(name.to_owned());
        self
    }

    /// Only those of this partition value: the hash key of a query or of an item.
    #[must_use]
    pub fn partition(mut self, value: &str) -> Self {
        self.partition = Some(value.to_owned());
        self
    }

    /// Only the first so many that fit.
    #[must_use]
    pub const fn times(mut self, count: u32) -> Self {
        self.times = Some(count);
        self
    }

    /// Only this share of those that fit, from 0 to 1: which ones is random, and the same in every run.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a million")]
    pub fn share(mut self, share: f64) -> Self {
        self.share = Some((share.clamp(0.0, 1.0) * 1e6).round() as u64);
        self
    }

    fn fits(&self, operation: &str, table: Option<&str>, partition: Option<&str>) -> bool {
        let agrees = |wanted: &Option<String>, found| wanted.is_none() || wanted.as_deref() == found;
        self.times != Some(0)
            && agrees(&self.operation, Some(operation))
            && agrees(&self.table, table)
            && agrees(&self.partition, partition)
    }
}

/// Names a rule, to take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultId(u64);

#[derive(Debug)]
pub(super) struct Faults {
    next: u64,
    /// Shares are drawn, not counted: calls of one kind often come in turns, and counting would hit the same one each time.
    dice: Ids,
    rules: Vec<(FaultId, On, AwsFault)>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { next: 0, dice: Ids::seeded(0), rules: Vec::new() }
    }
}

impl Faults {
    pub(super) fn add(&mut self, on: On, fault: AwsFault) -> FaultId {
        self.next += 1;
        self.rules.push((FaultId(self.next), on, fault));
        FaultId(self.next)
    }

    pub(super) fn clear(&mut self, id: FaultId) {
        self.rules.retain(|(rule, ..)| *rule != id);
    }

    /// The fault for a call, counted against its rule.
    pub(super) fn take(&mut self, operation: &str, table: Option<&str>, partition: Option<&str>) -> Option<AwsFault> {
        let (rules, dice) = (&mut self.rules, &self.dice);
        let (_, on, fault) = rules.iter_mut().find(|(_, on, _)| {
            on.fits(operation, table, partition) && on.share.is_none_or(|share| dice.number() % MILLION < share)
        })?;
        on.times = on.times.map(|left| left - 1);
        Some(*fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_calls_fails_and_the_rest_falls_to_the_next_rule() {
        let mut faults = Faults::default();
        faults.add(On::any().share(0.3), AwsFault::Throttle);
        let hit = (0..10_000).filter(|_| faults.take("Query", None, None).is_some()).count();
        assert!((2_800..3_200).contains(&hit), "{hit}");
        faults.add(On::any(), AwsFault::Hang);
        assert!((0..100).all(|_| faults.take("Query", None, None).is_some()));
    }

    #[test]
    fn the_oldest_rule_that_fits_counts_until_it_is_used_up() {
        let mut faults = Faults::default();
        faults.add(On::operation("Query").partition("positive").times(1), AwsFault::Throttle);
        let second = faults.add(On::operation("Query").table("t"), AwsFault::Hang);
        assert_eq!(faults.take("Query", Some("t"), Some("neutral")), Some(AwsFault::Hang));
        assert_eq!(faults.take("Query", Some("t"), Some("positive")), Some(AwsFault::Throttle));
        assert_eq!(faults.take("Query", Some("t"), Some("positive")), Some(AwsFault::Hang));
        assert_eq!(faults.take("GetItem", Some("t"), None), None);
        faults.clear(second);
        assert_eq!(faults.take("Query", Some("t"), Some("positive")), None);
    }
}
