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
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

/// Items by id, by time, by expiry and by ticker.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) items: HashMap<Arc<str>, Held>,
    pub(super) by_time: BTreeSet<Key>,
    pub(super) by_expiry: BTreeSet<(Timestamp, Arc<str>)>,
    tickers: BTreeMap<Ticker, Members>,
    pub(super) counts: [u64; 3],
    /// Tickers whose items changed, and whether an item that arrived, or was rewritten, is behind it.
    touched: BTreeMap<Ticker, bool>,
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
            tickers: BTreeMap::new(),
            counts: [0; 3],
            touched: BTreeMap::new(),
            has_arrivals: false,
            rates: Rates::new(span),
        }
    }

    /// Takes note of an item that was rewritten: the tickers that it named before changed, too.
    pub(super) fn touch_by_arrival(&mut self, tickers: &[Ticker]) {
        self.touch(tickers, true);
        self.has_arrivals = true;
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

    /// Takes an item that is not held, as this round of reading brought it.
    pub(super) fn insert(&mut self, mut item: Item, round: u64) {
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
        self.touch_by_arrival(&item.tickers);
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

    /// Tickers whose items changed since the last call, in order.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        let touched = std::mem::take(&mut self.touched);
        touched
            .into_iter()
            .map(|(ticker, arrived)| {
                let aggregate = self.tickers.get(&ticker).map(Members::aggregate);
                Change { ticker, aggregate, arrived }
            })
            .collect()
    }

    /// Whether an item arrived, or was rewritten, since the last call.
    pub(super) fn take_arrivals(&mut self) -> bool {
        std::mem::take(&mut self.has_arrivals)
    }
}
