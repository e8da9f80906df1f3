//! The items that name one ticker: running sums, and their order by date for breaking ties.

use super::{
    aggregate::{Aggregate, E4},
    held::Held,
};
use crate::item::{Item, SCORE_SCALE, Sentiment};
use lambda_trace::Timestamp;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// An item's place in time: later is greater; of the same instant the smaller `source_id` is greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) at: Timestamp,
    id: Reverse<Arc<str>>,
}

impl Key {
    pub(super) fn of(item: &Item) -> Self {
        Self { at: item.updated_at, id: Reverse(item.source_id.clone()) }
    }

    pub(super) fn id(&self) -> Arc<str> {
        self.id.0.clone()
    }
}

#[derive(Debug, Default)]
pub(super) struct Members {
    /// In units of 1 / `SCORE_SCALE`: exact, so that no order of adding matters.
    score_sum: i64,
    counts: [u64; 3],
    keys: BTreeSet<Key>,
}

impl Members {
    pub(super) fn add(&mut self, key: &Key, item: &Item) {
        if self.keys.insert(key.clone()) {
            self.score_sum += item.score.units();
            self.counts[item.sentiment.index()] += 1;
        }
    }

    pub(super) fn remove(&mut self, key: &Key, item: &Item) {
        if self.keys.remove(key) {
            self.score_sum -= item.score.units();
            self.counts[item.sentiment.index()] -= 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What they amount to. `items` holds every member.
    pub(super) fn aggregate(&self, items: &HashMap<Arc<str>, Held>) -> Aggregate {
        let count = self.keys.len() as u64;
        let most = self.counts.into_iter().max().unwrap_or(0);
        let tied: Vec<_> = Sentiment::ALL.into_iter().filter(|s| self.counts[s.index()] == most).collect();
        let label = match tied[..] {
            [only] => only,
            _ => self.newest_label_of(&tied, items),
        };
        Aggregate {
            score: E4::mean(self.score_sum, count, SCORE_SCALE),
            label,
            confidence: E4::share(most, count),
            count,
            newest: self.keys.last().map(|key| key.at).unwrap_or_default(),
        }
    }

    /// The label of the newest item among those tied; the order of [`Key`] settles equal dates.
    fn newest_label_of(&self, tied: &[Sentiment], items: &HashMap<Arc<str>, Held>) -> Sentiment {
        let labels = self.keys.iter().rev().filter_map(|key| items.get(&key.id())).map(|held| held.item.sentiment);
        labels.into_iter().find(|s| tied.contains(s)).unwrap_or(Sentiment::Neutral)
    }
}
