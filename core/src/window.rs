//! The items of the window, and their aggregates per ticker.
//!
//! It is deterministic: the same items give the same aggregates, in whatever order and however often they were read.
//! Knows no poll and no stream; the time is an argument.

mod aggregate;
mod change;
mod contents;
mod held;
mod members;
mod rates;

pub use aggregate::{Aggregate, E4};
pub use change::Change;
pub use rates::Rates;

use crate::item::Item;
use contents::Contents;
use lambda_trace::Timestamp;
use members::Key;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How long an expired item is remembered: longer than an index lags.
const REMEMBERED: Duration = Duration::from_mins(1);

/// The span of the window, and its maximum number of items.
#[derive(Clone, Copy, Debug)]
pub struct WindowLimits {
    /// `SSE_WINDOW_S`
    pub span: Duration,
    /// `SSE_WINDOW_MAX_ITEMS`; beyond it the oldest items are removed.
    pub max_items: usize,
}

/// Items that the last read of the whole window did not find.
#[derive(Debug, Default)]
struct Missing {
    ids: Vec<Arc<str>>,
    /// The round in which that read began.
    since: u64,
    /// The round in which it ended.
    noted_in: u64,
}

/// The kind of read that an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A read of recently written items.
    Recent,
    /// A read of the whole window, begun in this round. It is authoritative for everything that was held before.
    Whole {
        /// The round in which it began.
        since: u64,
    },
}

/// The items of the window.
#[derive(Debug)]
pub struct Window {
    limits: WindowLimits,
    contents: Contents,
    round: u64,
    missing: Missing,
    /// The newest date of the items that were removed because the window was full.
    cut: Option<Timestamp>,
    /// Expired items, and when they expired: an index that lags must not bring older versions back.
    expired: HashMap<Arc<str>, (Item, Timestamp)>,
}

impl Window {
    /// An empty window.
    pub fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            contents: Contents::new(limits.span),
            round: 0,
            missing: Missing::default(),
            cut: None,
            expired: HashMap::new(),
        }
    }

    /// Begins a round: what is put from now on was read in it. Round numbers increase.
    pub const fn begin_round(&mut self, round: u64) {
        self.round = round;
    }

    /// Begins to take the items of a read of the whole window. `cut` is the newest date of what it left out because the
    /// window is full.
    pub const fn begin_whole(&mut self, cut: Option<Timestamp>) {
        self.cut = cut;
    }

    /// Notes that items as new as this were not read because the window is full.
    pub fn note_cut(&mut self, newest: Timestamp) {
        self.cut = self.cut.max(Some(newest));
    }

    /// Ends a read of the whole window that began in round `since`: items that it did not find are missing.
    ///
    /// They are kept until [`Self::forget_missing`]: an item that changed its partition during the read may have been
    /// found in neither, and the next round finds it.
    pub fn end_whole(&mut self, since: u64) {
        let unread = self.contents.items.iter().filter(|(_, held)| held.round < since);
        self.missing = Missing { ids: unread.map(|(id, _)| id.clone()).collect(), since, noted_in: self.round };
    }

    /// Removes up to `max` items that have been missing since an earlier round; returns whether there may be more.
    pub fn forget_missing(&mut self, max: usize) -> bool {
        let since = self.missing.since;
        if self.round <= self.missing.noted_in {
            return false;
        }
        for _ in 0..max {
            let Some(id) = self.missing.ids.pop() else { return false };
            if self.contents.items.get(&id).is_some_and(|held| held.round < since) {
                self.contents.remove(&id);
            }
        }
        true
    }

    /// Removes up to `max` of the oldest items if there are too many; returns whether there may be more.
    pub fn trim(&mut self, max: usize) -> bool {
        for _ in 0..max {
            if self.contents.items.len() <= self.limits.max_items {
                return false;
            }
            let Some((at, oldest)) = self.contents.by_time.first().map(|key| (key.at, key.id())) else { return false };
            self.contents.remove(&oldest);
            self.note_cut(at);
        }
        true
    }

    /// Removes items that left the window or expired.
    pub fn expire(&mut self, now: Timestamp) {
        while let Some(oldest) = self.contents.by_time.first().filter(|key| self.leaves_at(key.at) <= now).map(Key::id)
        {
            self.contents.remove(&oldest);
        }
        while let Some((_, id)) = self.contents.by_expiry.first().filter(|(at, _)| *at <= now).cloned() {
            if let Some(item) = self.contents.remove(&id) {
                self.expired.insert(id, (item, now));
            }
        }
        self.cut = self.cut.filter(|at| self.leaves_at(*at) > now);
        self.expired.retain(|_, (_, since)| now.since(*since) < REMEMBERED);
    }

    /// When the next item leaves the window or expires.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        let by_age = self.contents.by_time.first().map(|key| self.leaves_at(key.at));
        let by_itself = self.contents.by_expiry.first().map(|(at, _)| *at);
        by_age.into_iter().chain(by_itself).min()
    }

    /// Whether reading this version changes nothing: it is held already, or it no longer counts and no other version is
    /// held.
    pub fn holds(&self, item: &Item, now: Timestamp) -> bool {
        match self.contents.items.get(&item.source_id) {
            Some(held) => held.item == *item,
            None => !item.is_live(now) || self.leaves_at(item.updated_at) <= now,
        }
    }

    /// Tickers whose items changed since the last call, in order.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.contents.take_changes()
    }

    /// Whether an item arrived, or was rewritten, since the last call.
    pub fn take_arrivals(&mut self) -> bool {
        self.contents.take_arrivals()
    }

    /// The counts of recently written items, at any moment.
    pub const fn rates(&self) -> &Rates {
        &self.contents.rates
    }

    /// The number of items per sentiment, in the order of [`crate::item::Sentiment::ALL`].
    pub const fn counts(&self) -> [u64; 3] {
        self.contents.counts
    }

    /// Whether items were removed because the window was full.
    pub const fn is_truncated(&self) -> bool {
        self.cut.is_some()
    }

    /// The date of the newest item.
    pub fn newest(&self) -> Option<Timestamp> {
        self.contents.by_time.last().map(|key| key.at)
    }

    /// The number of items in the window.
    pub fn len(&self) -> usize {
        self.contents.items.len()
    }

    /// Whether the window is empty.
    pub fn is_empty(&self) -> bool {
        self.contents.items.is_empty()
    }

    const fn leaves_at(&self, updated_at: Timestamp) -> Timestamp {
        updated_at.plus(self.limits.span)
    }

    /// Takes a version of an item, if it is newer than what is held.
    pub fn put(&mut self, item: Item, source: Source, now: Timestamp) {
        // A read of the whole window is authoritative for everything that was held when it began.
        let is_older = |round: u64| matches!(source, Source::Whole { since } if round < since);
        if let Some(held) = self.contents.items.get_mut(&item.source_id) {
            let is_stale = if is_older(held.round) {
                false
            } else if held.round == self.round {
                // Among versions that were read in one round the order does not matter.
                item.version_order(&held.item).is_lt()
            } else {
                // Of two versions with the same date the one that was read later is valid: a writer with a coarse clock
                // rewrote the item.
                item.updated_at < held.item.updated_at
            };
            if is_stale {
                return;
            }
            held.round = self.round;
            if held.item == item {
                return;
            }
            if let Some(before) = self.contents.remove(&item.source_id) {
                self.contents.touch_by_arrival(&before.tickers);
            }
        } else if self
            .expired
            .get(&item.source_id)
            .is_some_and(|(gone, at)| item.updated_at < gone.updated_at && (source == Source::Recent || *at >= now))
        {
            return;
        }
        if !item.is_live(now) {
            self.expired.insert(item.source_id.clone(), (item, now));
        } else if self.leaves_at(item.updated_at) > now {
            self.expired.remove(&item.source_id);
            self.contents.insert(item, self.round);
        }
    }
}

#[cfg(test)]
mod tests;
