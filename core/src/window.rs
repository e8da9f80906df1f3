//! The items of the last while, and what they amount to per ticker.
//!
//! Deterministic: the same items give the same aggregates, in whatever order and however often they were read. Knows no
//! poll and no stream; time is an argument.

mod aggregate;
mod members;
mod rates;

pub use aggregate::{Aggregate, E4};
use members::{Key, Members};
pub use rates::Rates;

use crate::item::{Item, Sentiment, Ticker};
use lambda_trace::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// How long an expired item is remembered, in milliseconds: longer than an index lags.
const REMEMBERED_MS: u64 = 60_000;

/// How far back the aggregates look, and how many items they hold.
#[derive(Clone, Copy, Debug)]
pub struct WindowLimits {
    /// `SSE_WINDOW_S`, in milliseconds.
    pub span_ms: u64,
    /// `SSE_WINDOW_MAX_ITEMS`; beyond it the oldest leave.
    pub max_items: usize,
}

/// What one round of reading brought.
#[derive(Debug, Default)]
pub struct Batch {
    /// All items read, of all partitions, in any order and with repeats.
    pub items: Vec<Item>,
    /// Partitions of which the whole window was read: what they hold and was not read is gone.
    pub whole: Vec<Sentiment>,
    /// A whole read stopped at the item bound.
    pub bounded: bool,
}

/// The window.
#[derive(Debug)]
pub struct Window {
    limits: WindowLimits,
    items: HashMap<Arc<str>, Item>,
    /// Items that passed their expiry, and when: an index that lags must not bring older versions back.
    expired: HashMap<Arc<str>, (Item, Timestamp)>,
    by_time: BTreeSet<Key>,
    by_expiry: BTreeSet<(Timestamp, Arc<str>)>,
    tickers: BTreeMap<Ticker, Members>,
    counts: [u64; 3],
    truncated: bool,
    /// Tickers whose items changed, and whether an item that arrived, or was rewritten, is behind it.
    touched: BTreeMap<Ticker, bool>,
    has_arrivals: bool,
    rates: Rates,
}

/// A ticker whose items changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The ticker.
    pub ticker: Ticker,
    /// What its items amount to now; `None`: it left the window.
    pub aggregate: Option<Aggregate>,
    /// Whether an item that arrived, or was rewritten, is behind it.
    pub arrived: bool,
}

impl Window {
    /// An empty window.
    pub fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            items: HashMap::new(),
            expired: HashMap::new(),
            by_time: BTreeSet::new(),
            by_expiry: BTreeSet::new(),
            tickers: BTreeMap::new(),
            counts: [0; 3],
            truncated: false,
            touched: BTreeMap::new(),
            has_arrivals: false,
            rates: Rates::new(limits.span_ms),
        }
    }

    /// Applies what was read, then lets go of what is too old or too much.
    pub fn apply(&mut self, batch: Batch, now: Timestamp) {
        let newest = newest_versions(batch.items);
        if !batch.whole.is_empty() {
            self.forget_unread(&newest, &batch.whole);
            if batch.whole.len() == Sentiment::ALL.len() {
                self.truncated = false;
            }
        }
        for item in newest.into_values() {
            let replaces = batch.whole.contains(&item.sentiment);
            self.put(item, replaces, now);
        }
        self.truncated |= batch.bounded;
        while self.items.len() > self.limits.max_items {
            let Some(oldest) = self.by_time.first().map(Key::id) else {
                break;
            };
            self.remove(&oldest);
            self.truncated = true;
        }
        self.expire(now);
    }

    /// Lets go of what left the window or passed its own expiry.
    pub fn expire(&mut self, now: Timestamp) {
        while let Some(oldest) = self.by_time.first().filter(|key| self.leaves_at(key.at) <= now).map(Key::id) {
            self.remove(&oldest);
        }
        while let Some((_, id)) = self.by_expiry.first().filter(|(at, _)| *at <= now).cloned() {
            if let Some(item) = self.remove(&id) {
                self.expired.insert(id, (item, now));
            }
        }
        self.expired.retain(|_, (_, since)| now.ms_since(*since) < REMEMBERED_MS);
    }

    /// When the next item leaves by itself.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        let by_age = self.by_time.first().map(|key| self.leaves_at(key.at));
        let by_itself = self.by_expiry.first().map(|(at, _)| *at);
        by_age.into_iter().chain(by_itself).min()
    }

    /// Whether this very version is held: reading it again changes nothing.
    pub fn holds(&self, item: &Item) -> bool {
        self.items.get(&item.source_id).is_some_and(|held| held == item)
    }

    /// Tickers whose items changed since the last call, in order.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let touched = std::mem::take(&mut self.touched);
        touched
            .into_iter()
            .map(|(ticker, arrived)| {
                let aggregate = self.tickers.get(&ticker).map(|m| m.aggregate(&self.items));
                Change { ticker, aggregate, arrived }
            })
            .collect()
    }

    /// Whether an item arrived, or was rewritten, since the last call.
    pub fn take_arrivals(&mut self) -> bool {
        std::mem::take(&mut self.has_arrivals)
    }

    /// How many items were written lately, at any moment.
    pub const fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Items per sentiment, in the order of [`Sentiment::ALL`].
    pub const fn counts(&self) -> [u64; 3] {
        self.counts
    }

    /// Whether items had to leave for want of room.
    pub const fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// The date of the newest item.
    pub fn newest(&self) -> Option<Timestamp> {
        self.by_time.last().map(|key| key.at)
    }

    /// How many items are held.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether no item is held.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    const fn leaves_at(&self, updated_at: Timestamp) -> Timestamp {
        updated_at.plus_ms(self.limits.span_ms)
    }

    fn forget_unread(&mut self, read: &HashMap<Arc<str>, Item>, whole: &[Sentiment]) {
        let gone: HashSet<_> = self
            .items
            .values()
            .filter(|held| whole.contains(&held.sentiment) && !read.contains_key(&held.source_id))
            .map(|held| held.source_id.clone())
            .collect();
        for id in gone {
            self.remove(&id);
        }
    }

    /// Takes a version, if it is news. `replaces`: it comes from a read of the whole partition, which is always right.
    fn put(&mut self, item: Item, replaces: bool, now: Timestamp) {
        let newer_expired =
            self.expired.get(&item.source_id).is_some_and(|(gone, _)| item.updated_at < gone.updated_at);
        if newer_expired && !replaces {
            return;
        }
        match self.items.get(&item.source_id) {
            Some(held) if *held == item => return,
            // Of two versions of one date the one read later holds: a writer whose clock is coarse rewrote it.
            Some(held) if !replaces && item.updated_at < held.updated_at => return,
            Some(_) => {
                if let Some(before) = self.remove(&item.source_id.clone()) {
                    self.touch(&before.tickers, true);
                    self.has_arrivals = true;
                }
            }
            None => {}
        }
        if !item.is_live(now) {
            self.expired.insert(item.source_id.clone(), (item, now));
        } else if self.leaves_at(item.updated_at) > now {
            self.expired.remove(&item.source_id);
            self.insert(item);
        }
    }

    fn touch(&mut self, tickers: &[Ticker], arrived: bool) {
        for ticker in tickers {
            if let Some(before) = self.touched.get_mut(ticker) {
                *before |= arrived;
            } else {
                self.touched.insert(ticker.clone(), arrived);
            }
        }
    }

    fn insert(&mut self, mut item: Item) {
        // One allocation a ticker, however many items name it.
        for ticker in &mut item.tickers {
            if let Some((known, _)) = self.tickers.get_key_value(ticker) {
                *ticker = known.clone();
            }
        }
        let key = Key::of(&item);
        for ticker in &item.tickers {
            self.tickers.entry(ticker.clone()).or_default().add(&key, &item);
        }
        self.touch(&item.tickers, true);
        self.has_arrivals = true;
        self.rates.add(item.updated_at);
        self.counts[item.sentiment.index()] += 1;
        self.by_time.insert(key);
        if let Some(at) = item.expires_at {
            self.by_expiry.insert((at, item.source_id.clone()));
        }
        self.items.insert(item.source_id.clone(), item);
    }

    fn remove(&mut self, id: &Arc<str>) -> Option<Item> {
        let item = self.items.remove(id)?;
        let key = Key::of(&item);
        for ticker in &item.tickers {
            if let Some(members) = self.tickers.get_mut(ticker) {
                members.remove(&key, &item);
                if members.is_empty() {
                    self.tickers.remove(ticker);
                }
            }
        }
        self.touch(&item.tickers, false);
        self.rates.remove(item.updated_at);
        self.counts[item.sentiment.index()] -= 1;
        self.by_time.remove(&key);
        if let Some(at) = item.expires_at {
            self.by_expiry.remove(&(at, id.clone()));
        }
        Some(item)
    }
}

fn newest_versions(items: Vec<Item>) -> HashMap<Arc<str>, Item> {
    let mut newest: HashMap<Arc<str>, Item> = HashMap::with_capacity(items.len());
    for item in items {
        match newest.get(&item.source_id) {
            Some(held) if item.version_order(held).is_le() => {}
            _ => drop(newest.insert(item.source_id.clone(), item)),
        }
    }
    newest
}

#[cfg(test)]
mod tests;
