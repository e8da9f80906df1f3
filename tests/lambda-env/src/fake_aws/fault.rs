//! Which calls fail, and how. It answers nothing itself.

use std::time::Duration;

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

#[derive(Debug, Default)]
pub(super) struct Faults {
    next: u64,
    rules: Vec<(FaultId, On, AwsFault)>,
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
        let (_, on, fault) = self.rules.iter_mut().find(|(_, on, _)| on.fits(operation, table, partition))?;
        on.times = on.times.map(|left| left - 1);
        Some(*fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
