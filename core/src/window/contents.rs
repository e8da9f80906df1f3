//! The items that are held, in every order that is asked for, and what they amount to. It decides about no item.

use super::{
    change::Change,
    held::Held,
    members::{Key, Members},
    rates::Rates,
};
use crate::item::{Item, Ticker};
use lambda_trace::Timestamp;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

/// Items by id, by time, by expiry and by ticker.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) items: HashMap<Arc<str>, Held>,
    pub(super) by_time: BTreeSet<Key>,
    pub(super) by_expiry: BTreeSet<(Timestamp, Arc<str>)>,
    /// Those that items name, and those of which the last item went since the changes were taken.
    tickers: HashMap<Ticker, Members>,
    pub(super) counts: [u64; 3],
    /// Tickers whose items changed, each once.
    touched: Vec<Ticker>,
    has_arrivals: bool,
    pub(super) rates: Rates,
}

impl Contents {
    /// Nothing, of a window of this span.
    pub(super) fn new(span: Duration) -> Self {
        Self {
            items: HashMap::new(),
            by_time: BTreeSet::new(),
            by_expiry: BTreeSet::new(),
            tickers: HashMap::new(),
            counts: [0; 3],
            touched: Vec::new(),
            has_arrivals: false,
            rates: Rates::new(span),
        }
    }

    /// Takes note of an item that was rewritten: the tickers that it named before changed, too.
    pub(super) fn touch_by_arrival(&mut self, tickers: &[Ticker]) {
        for ticker in tickers {
            if let Some(members) = self.tickers.get_mut(ticker) {
                self.touched.extend(members.touch(true));
            }
        }
        self.has_arrivals = true;
    }

    /// Takes an item that is not held, as this round of reading brought it.
    pub(super) fn insert(&mut self, mut item: Item, round: u64) {
        let (key, sentiment, score) = (Key::of(&item), item.sentiment, item.score);
        for ticker in &mut item.tickers {
            let members = self.tickers.entry(ticker.clone()).or_insert_with(|| Members::of(ticker.clone()));
            // One allocation per ticker, however many items name it.
            *ticker = members.ticker().clone();
            members.add(&key, sentiment, score);
            self.touched.extend(members.touch(true));
        }
        self.has_arrivals = true;
        self.rates.add(item.updated_at);
        self.counts[item.sentiment.index()] += 1;
        self.by_time.insert(key);
        if let Some(at) = item.expires_at {
            self.by_expiry.insert((at, item.source_id.clone()));
        }
        self.items.insert(item.source_id.clone(), Held { item, round });
    }

    /// Lets go of an item, if it is held.
    pub(super) fn remove(&mut self, id: &Arc<str>) -> Option<Item> {
        let Held { item, .. } = self.items.remove(id)?;
        let key = Key::of(&item);
        for ticker in &item.tickers {
            if let Some(members) = self.tickers.get_mut(ticker) {
                members.remove(&key, &item);
                self.touched.extend(members.touch(false));
            }
        }
        self.rates.remove(item.updated_at);
        self.counts[item.sentiment.index()] -= 1;
        self.by_time.remove(&key);
        if let Some(at) = item.expires_at {
            self.by_expiry.remove(&(at, id.clone()));
        }
        Some(item)
    }

    /// Tickers whose items changed since the last call, in order.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        let mut changes = Vec::with_capacity(touched.len());
        for ticker in touched {
            let Some(members) = self.tickers.get_mut(&ticker) else { continue };
            let arrived = members.take_touch();
            let aggregate = (!members.is_empty()).then(|| members.aggregate());
            if aggregate.is_none() {
                self.tickers.remove(&ticker);
            }
            changes.push(Change { ticker, aggregate, arrived });
        }
        changes
    }

    /// Whether an item arrived, or was rewritten, since the last call.
    pub(super) fn take_arrivals(&mut self) -> bool {
        std::mem::take(&mut self.has_arrivals)
    }
}
