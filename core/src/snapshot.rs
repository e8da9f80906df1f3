//! What all streams of a process share after a round of reading: the state that a client should hold, and its hashes.

mod tags;

pub use tags::TagsPage;

use crate::{
    digest::{BUCKETS, Part, PartSum, bucket_of, entry, number, ticker_entry},
    encoded,
    item::{Sentiment, Ticker},
    window::{Aggregate, Change, Rates, Window},
};
use lambda_trace::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

/// Beyond this number of tickers, `metrics` does not list them.
const LISTED_MAX: usize = 1_000;

/// Counts over the whole window (contract: `metrics`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Per sentiment, in the order of [`Sentiment::ALL`].
    pub counts: [u64; 3],
    /// Whether the oldest had to leave for want of room.
    pub truncated: bool,
    /// The newest item's date.
    pub newest: Option<Timestamp>,
}

impl Totals {
    /// All items.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Those of one sentiment.
    pub const fn of(&self, sentiment: Sentiment) -> u64 {
        self.counts[sentiment.index()]
    }
}

/// One ticker as a client should hold it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What its items amount to.
    pub aggregate: Aggregate,
    /// The version of the snapshot in which an item that arrived, or was rewritten, last changed it.
    pub arrived_in: u64,
    /// The beginning of its `sentiment_update`, the same for every reader.
    json: Arc<str>,
}

impl Shown {
    pub(crate) fn json(&self) -> &str {
        &self.json
    }
}

/// The state after a round.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Every ticker of the window.
    pub tickers: Arc<BTreeMap<Ticker, Shown>>,
    /// Counts.
    pub totals: Totals,
    /// The version in which an item that arrived, or was rewritten, last changed anything.
    pub arrived_in: u64,
    version: u64,
    /// The tickers in which this version differs from the one before.
    changes: Arc<[Ticker]>,
    /// Where `metrics` does not list the tickers.
    pages: Option<Arc<[TagsPage]>>,
    rates: Rates,
    sums: Sums,
    metrics: Part,
    by_tag: OnceLock<Box<str>>,
}

/// The sums behind the digest's parts.
#[derive(Clone, Debug, Default)]
struct Sums {
    buckets: [PartSum; BUCKETS],
    counts: PartSum,
}

impl Sums {
    fn add(&mut self, ticker: &Ticker, aggregate: &Aggregate) {
        self.buckets[bucket_of(ticker)].add(ticker_entry(ticker, aggregate));
        self.counts.add(count_entry(ticker, aggregate.count));
    }

    fn remove(&mut self, ticker: &Ticker, aggregate: &Aggregate) {
        self.buckets[bucket_of(ticker)].remove(ticker_entry(ticker, aggregate));
        self.counts.remove(count_entry(ticker, aggregate.count));
    }
}

fn count_entry(ticker: &Ticker, count: u64) -> u64 {
    entry(ticker.as_str(), &[number(count)])
}

impl Snapshot {
    /// The state of `window` now, given the one before; `None` if nothing changed.
    pub fn next(before: Option<&Self>, window: &mut Window) -> Option<Self> {
        let changes = window.take_changes();
        let has_arrivals = window.take_arrivals() || changes.iter().any(|change| change.arrived);
        let totals = Totals { counts: window.counts(), truncated: window.is_truncated(), newest: window.newest() };
        let same_totals = |b: &Self| b.totals.counts == totals.counts && b.totals.truncated == totals.truncated;
        if changes.is_empty() && before.is_some_and(same_totals) {
            return None;
        }
        let version = before.map_or(1, |b| b.version + 1);
        let mut tickers = before.map(|b| b.tickers.clone()).unwrap_or_default();
        let mut sums = before.map(|b| b.sums.clone()).unwrap_or_default();
        let mut has_new_names = before.is_none();
        let mut touched = Vec::with_capacity(changes.len());
        if !changes.is_empty() {
            let map = Arc::make_mut(&mut tickers);
            for change in changes {
                has_new_names |= apply(map, &mut sums, &change, version);
                touched.push(change.ticker);
            }
        }
        let pages = match before {
            Some(before) if !has_new_names => before.pages.clone(),
            _ => (!is_listed(&tickers)).then(|| tags::pages(tickers.keys()).into()),
        };
        let arrived_in = if has_arrivals { version } else { before.map_or(0, |b| b.arrived_in) };
        let metrics = metrics_part(&totals, tickers.len(), pages.is_none().then_some(sums.counts));
        Some(Self {
            tickers,
            totals,
            arrived_in,
            version,
            changes: touched.into(),
            pages,
            rates: window.rates().clone(),
            sums,
            metrics,
            by_tag: OnceLock::new(),
        })
    }

    /// Which of this process's snapshots it is.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// A ticker's state; [`Aggregate::GONE`] if it is not in the window.
    pub fn get(&self, ticker: &Ticker) -> &Aggregate {
        self.tickers.get(ticker).map_or(&Aggregate::GONE, |shown| &shown.aggregate)
    }

    /// The tickers that a client which holds `before` has to be told of.
    pub fn changes_since(&self, before: &Self) -> Vec<Ticker> {
        if self.version == before.version + 1 {
            return self.changes.to_vec();
        }
        let gone = before.tickers.keys().filter(|ticker| !self.tickers.contains_key(*ticker));
        self.tickers.keys().chain(gone).filter(|t| !before.get(t).prints_like(self.get(t))).cloned().collect()
    }

    /// The pages that name the tickers, where `metrics` does not.
    pub fn pages(&self) -> Option<&Arc<[TagsPage]>> {
        self.pages.as_ref()
    }

    /// Items of the last hour and of the last 24 hours before `now`; `None` if the window is shorter.
    pub fn rates(&self, now: Timestamp) -> (Option<u64>, Option<u64>) {
        self.rates.at(now)
    }

    /// `by_tag` of a stream without a filter, in JSON: the same for every reader.
    pub(crate) fn by_tag(&self) -> &str {
        self.by_tag.get_or_init(|| match self.pages {
            Some(_) => "null".into(),
            None => encoded::counts(self.tickers.iter().map(|(ticker, shown)| (ticker, shown.aggregate.count))).into(),
        })
    }

    /// The hash of what `metrics` prints, but for times and rates, on a stream that shows these tickers; `None`: all.
    pub fn metrics_part(&self, only: Option<&BTreeSet<Ticker>>) -> Part {
        let Some(only) = only else { return self.metrics };
        let mut counts = PartSum::default();
        for (ticker, shown) in only.iter().filter_map(|ticker| self.tickers.get_key_value(ticker)) {
            counts.add(count_entry(ticker, shown.aggregate.count));
        }
        metrics_part(&self.totals, self.tickers.len(), Some(counts))
    }

    /// The hash of the tickers of a bucket that a stream shows; `None`: all.
    pub fn bucket_part(&self, bucket: usize, only: Option<&BTreeSet<Ticker>>) -> Part {
        let Some(only) = only else { return self.sums.buckets[bucket].part() };
        let mut sum = PartSum::default();
        for ticker in only.iter().filter(|ticker| bucket_of(ticker) == bucket) {
            if let Some(shown) = self.tickers.get(ticker) {
                sum.add(ticker_entry(ticker, &shown.aggregate));
            }
        }
        sum.part()
    }
}

/// Whether a name came or went.
fn apply(map: &mut BTreeMap<Ticker, Shown>, sums: &mut Sums, change: &Change, version: u64) -> bool {
    let Change { ticker, aggregate, arrived } = change;
    let before = match aggregate {
        Some(aggregate) => {
            sums.add(ticker, aggregate);
            let json = encoded::update_prefix(ticker, aggregate).into();
            let arrived_in = if *arrived { version } else { map.get(ticker).map_or(0, |shown| shown.arrived_in) };
            map.insert(ticker.clone(), Shown { aggregate: aggregate.clone(), arrived_in, json })
        }
        None => map.remove(ticker),
    };
    if let Some(before) = &before {
        sums.remove(ticker, &before.aggregate);
    }
    before.is_some() != aggregate.is_some()
}

/// Whether `metrics` lists these tickers: no more than a reader takes in, and no longer than a line may be.
fn is_listed(tickers: &BTreeMap<Ticker, Shown>) -> bool {
    tickers.len() <= LISTED_MAX && tickers.keys().map(tags::entry_bytes).sum::<usize>() <= tags::PAGE_BYTES
}

/// `counts`: of the tickers that are listed, if they are.
fn metrics_part(totals: &Totals, tickers: usize, counts: Option<PartSum>) -> Part {
    let [positive, neutral, negative] = totals.counts.map(number);
    let tags = number(tickers as u64);
    let is_listed = i64::from(counts.is_some());
    let mut sum = counts.unwrap_or_default();
    sum.add(entry("", &[positive, neutral, negative, tags, i64::from(totals.truncated), is_listed]));
    sum.part()
}
