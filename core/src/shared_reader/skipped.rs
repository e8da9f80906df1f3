//! The items that cannot be used. Each is counted once, however often it is read, and the reasons are reported once per
//! change.

use crate::{
    item::{ItemProblem, Sentiment},
    ports::MalformedItem,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};
use xxhash_rust::xxh64::Xxh64;

/// What is remembered of an item that cannot be used, in order to recognise it when it is read again. Its texts are not
/// kept, because there may be as many of these as the window has items.
struct Known {
    problem: ItemProblem,
    sentiment: Sentiment,
    /// The last round that read it.
    round: u64,
}

/// The items that cannot be used.
pub(super) struct SkippedItems {
    known: HashMap<u64, Known>,
    /// Beyond this number items are neither remembered nor counted: counted anew at each read they would be no count.
    max: usize,
    new: u64,
    reasons: BTreeMap<ItemProblem, usize>,
    told: BTreeSet<ItemProblem>,
}

impl SkippedItems {
    /// Empty; remembers at most `max` items.
    pub(super) fn new(max: usize) -> Self {
        Self { known: HashMap::new(), max, new: 0, reasons: BTreeMap::new(), told: BTreeSet::new() }
    }

    /// Notes an item that was read in `round`.
    pub(super) fn note(&mut self, sentiment: Sentiment, item: &MalformedItem, round: u64) {
        let known = Known { problem: item.problem, sentiment, round };
        let is_full = self.known.len() >= self.max;
        match self.known.entry(key(item)) {
            Entry::Occupied(mut entry) => {
                let before = entry.insert(known);
                drop_one(&mut self.reasons, before.problem);
            }
            Entry::Vacant(entry) if !is_full => {
                entry.insert(known);
                self.new += 1;
            }
            Entry::Vacant(_) => return,
        }
        *self.reasons.entry(item.problem).or_default() += 1;
    }

    /// Removes those that a read of the whole of these partitions, begun in `since_round`, did not find again.
    pub(super) fn forget_unread(&mut self, whole: &[Sentiment], since_round: u64) {
        if whole.is_empty() {
            return;
        }
        let reasons = &mut self.reasons;
        self.known.retain(|_, known| {
            let stays = known.round >= since_round || !whole.contains(&known.sentiment);
            if !stays {
                drop_one(reasons, known.problem);
            }
            stays
        });
    }

    /// The number of items that were found since the last call, each counted once.
    pub(super) fn take_new(&mut self) -> u64 {
        std::mem::take(&mut self.new)
    }

    /// The number of items per reason, if the set of reasons has changed since it was last reported.
    pub(super) fn take_change(&mut self) -> Option<BTreeMap<ItemProblem, usize>> {
        if self.reasons.keys().eq(&self.told) {
            return None;
        }
        self.told = self.reasons.keys().copied().collect();
        Some(self.reasons.clone())
    }
}

fn drop_one(reasons: &mut BTreeMap<ItemProblem, usize>, problem: ItemProblem) {
    if let Some(count) = reasons.get_mut(&problem) {
        *count -= 1;
        if *count == 0 {
            reasons.remove(&problem);
        }
    }
}

fn key(item: &MalformedItem) -> u64 {
    let mut hash = Xxh64::new(0);
    for text in [&item.source_id, &item.updated_at] {
        hash.update(text.as_bytes());
        hash.update(&[0]);
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Sentiment::{Negative, Positive};

    fn item(id: &str, problem: ItemProblem) -> MalformedItem {
        MalformedItem { source_id: id.into(), updated_at: "x".into(), problem }
    }

    /// Rule: Told.
    #[test]
    fn each_is_counted_once_and_reasons_are_told_once_a_change() {
        let mut skipped = SkippedItems::new(10);
        assert_eq!((skipped.take_new(), skipped.take_change()), (0, None));
        for round in 1..=2 {
            skipped.note(Positive, &item("a", ItemProblem::Score), round);
            skipped.note(Positive, &item("b", ItemProblem::Score), round);
        }
        assert_eq!((skipped.take_new(), skipped.take_change()), (2, Some([(ItemProblem::Score, 2)].into())));
        skipped.note(Negative, &item("c", ItemProblem::Score), 3);
        assert_eq!((skipped.take_new(), skipped.take_change()), (1, None), "another item, the same reasons");
        skipped.note(Negative, &item("d", ItemProblem::Ttl), 3);
        assert_eq!(skipped.take_change(), Some([(ItemProblem::Score, 3), (ItemProblem::Ttl, 1)].into()));
        skipped.forget_unread(&[Negative], 4);
        assert_eq!(skipped.take_change(), Some([(ItemProblem::Score, 2)].into()));
        skipped.forget_unread(&[Positive], 4);
        assert_eq!(skipped.take_change(), Some(BTreeMap::new()), "all can be read again");
    }

    #[test]
    fn what_cannot_be_remembered_is_not_counted_anew_at_each_read() {
        let mut skipped = SkippedItems::new(3);
        for round in 0..5 {
            for n in 0..9 {
                skipped.note(Positive, &item(&n.to_string(), ItemProblem::Score), round);
            }
        }
        assert_eq!(skipped.take_new(), 3);
    }
}
