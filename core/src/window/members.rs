//! The items of one ticker: running sums, and an order by date for breaking ties.

use super::aggregate::{Aggregate, E4};
use crate::item::{Item, SCORE_SCALE, Score, Sentiment, Ticker};
use lambda_trace::Timestamp;
use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

/// An item's position in time: later is greater; of the same instant the smaller `source_id` is greater.
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

/// The items of one ticker, and whether they changed.
#[derive(Debug)]
pub(super) struct Members {
    ticker: Ticker,
    touch: Touch,
    /// The sum of scores in units of 1 / `SCORE_SCALE`: exact, so that the order of adding does not matter.
    score_sum: i64,
    /// By sentiment, so that an aggregate needs no iteration over the items.
    keys: [BTreeSet<Key>; 3],
}

/// What happened to them since the changes were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Touch {
    #[default]
    None,
    /// Items left.
    Departure,
    /// An item that arrived, or was rewritten, is behind it.
    Arrival,
}

impl Members {
    /// None yet.
    pub(super) fn of(ticker: Ticker) -> Self {
        Self { ticker, touch: Touch::None, score_sum: 0, keys: Default::default() }
    }

    /// Whose they are.
    pub(super) const fn ticker(&self) -> &Ticker {
        &self.ticker
    }

    /// Notes that they changed; the ticker, if that is the first time since it was asked for.
    pub(super) fn touch(&mut self, arrived: bool) -> Option<Ticker> {
        let is_first = self.touch == Touch::None;
        self.touch = self.touch.max(if arrived { Touch::Arrival } else { Touch::Departure });
        is_first.then(|| self.ticker.clone())
    }

    /// Whether an item that arrived, or was rewritten, is behind the change; forgets it.
    pub(super) fn take_touch(&mut self) -> bool {
        std::mem::take(&mut self.touch) == Touch::Arrival
    }

    pub(super) fn add(&mut self, key: &Key, sentiment: Sentiment, score: Score) {
        if self.keys[sentiment.index()].insert(key.clone()) {
            self.score_sum += score.units();
        }
    }

    pub(super) fn remove(&mut self, key: &Key, item: &Item) {
        if self.keys[item.sentiment.index()].remove(key) {
            self.score_sum -= item.score.units();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.iter().all(BTreeSet::is_empty)
    }

    /// The aggregate, in constant time: from the sums, and from the newest item of each sentiment.
    pub(super) fn aggregate(&self) -> Aggregate {
        let counts = self.keys.each_ref().map(|keys| keys.len() as u64);
        let count = counts.into_iter().sum();
        let most = counts.into_iter().max().unwrap_or(0);
        let newest = |s: Sentiment| self.keys[s.index()].last();
        // The newest item among the tied sentiments decides; the order of `Key` settles equal dates.
        let tied = Sentiment::ALL.into_iter().filter(|s| counts[s.index()] == most);
        Aggregate {
            score: E4::mean(self.score_sum, count, SCORE_SCALE),
            label: tied.max_by_key(|s| newest(*s)).unwrap_or(Sentiment::Neutral),
            confidence: E4::share(most, count),
            count,
            newest: Sentiment::ALL.into_iter().filter_map(newest).map(|key| key.at).max().unwrap_or_default(),
        }
    }
}
