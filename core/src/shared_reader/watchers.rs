//! The streams that wait for news, and the one of them that reads for all. Plain data: the lock is one level up.

use std::{collections::BTreeMap, task::Waker};

/// The waiting streams. One whose waker was taken has been woken, and looks again by itself.
#[derive(Default)]
pub(super) struct Watchers {
    next_id: u64,
    waiting: BTreeMap<u64, Option<Waker>>,
    on_duty: Option<u64>,
}

impl Watchers {
    /// Adds one.
    pub(super) const fn add(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Stores the waker of one.
    pub(super) fn wait(&mut self, id: u64, waker: &Waker) {
        match self.waiting.entry(id).or_default() {
            Some(known) => known.clone_from(waker),
            unknown => *unknown = Some(waker.clone()),
        }
    }

    /// Whether this one reads for all; it does if no other one did.
    pub(super) fn takes_duty(&mut self, id: u64) -> bool {
        *self.on_duty.get_or_insert(id) == id
    }

    /// Removes one. If it was on duty, the youngest takes over, because it has the longest to live. The waker returned
    /// is to be woken.
    #[must_use]
    pub(super) fn remove(&mut self, id: u64) -> Option<Waker> {
        self.waiting.remove(&id);
        if self.on_duty != Some(id) {
            return None;
        }
        let mut youngest_first = self.waiting.iter_mut().rev();
        let next = youngest_first.find_map(|(id, waker)| Some((*id, waker.take()?)));
        self.on_duty = next.as_ref().map(|(id, _)| *id);
        next.map(|(_, waker)| waker)
    }

    /// The wakers of all, to be woken.
    #[must_use]
    pub(super) fn take_all(&mut self) -> Vec<Waker> {
        self.waiting.values_mut().filter_map(Option::take).collect()
    }

    /// The waker of the one on duty, if it waits.
    #[must_use]
    pub(super) fn take_on_duty(&mut self) -> Vec<Waker> {
        self.on_duty.and_then(|id| self.waiting.get_mut(&id)?.take()).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duty_goes_from_one_to_the_next_and_never_to_two() {
        let mut watchers = Watchers::default();
        let [a, b, c] = [(); 3].map(|()| watchers.add());
        assert!(watchers.takes_duty(b) && watchers.takes_duty(b) && !watchers.takes_duty(a));
        for id in [a, c] {
            watchers.wait(id, Waker::noop());
        }
        assert!(watchers.remove(a).is_none(), "it was not on duty");
        assert!(watchers.remove(b).is_some(), "somebody has to be told");
        assert!(!watchers.takes_duty(a) && watchers.takes_duty(c));
        assert!(watchers.remove(c).is_none(), "nobody is left");
        assert!(watchers.takes_duty(a), "a vacant duty is for whoever looks first");
    }

    #[test]
    fn one_that_is_given_duty_and_leaves_before_it_looks_passes_it_on() {
        let mut watchers = Watchers::default();
        let [a, b, c] = [(); 3].map(|()| watchers.add());
        assert!(watchers.takes_duty(a));
        for id in [b, c] {
            watchers.wait(id, Waker::noop());
        }
        assert!(watchers.remove(a).is_some());
        assert!(watchers.remove(c).is_some(), "the youngest had it");
        assert!(watchers.takes_duty(b));
    }

    #[test]
    fn each_is_woken_once() {
        let mut watchers = Watchers::default();
        let [a, b] = [(); 2].map(|()| watchers.add());
        assert!(watchers.takes_duty(a));
        for id in [a, b, b] {
            watchers.wait(id, Waker::noop());
        }
        assert_eq!((watchers.take_on_duty().len(), watchers.take_all().len(), watchers.take_all().len()), (1, 1, 0));
    }
}
