//! The snapshot: what all streams of a process share after a round of reading. It is the state that a client should
//! have, with its hashes.

mod shown;
mod step;
mod sums;
mod tags;
mod ticker_map;
mod totals;
mod write;

pub use shown::Shown;
pub use tags::TagsPage;
pub use ticker_map::TickerMap;
pub use totals::Totals;
pub(crate) use write::SharedWrite;

use crate::{
    digest::{Part, PartSum, bucket_of, ticker_entry},
    encoded,
    item::Ticker,
    window::{Aggregate, Change, Rates, Window},
};
use lambda_trace::Timestamp;
use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};
use step::Step;
use sums::{Sums, count_entry, metrics_part};
use write::WriteCell;

/// With more tickers than this, `metrics` does not list them.
const LISTED_MAX: usize = 1_000;

/// The state after a round of reading.
#[derive(Debug)]
pub struct Snapshot {
    /// All tickers of the window.
    pub tickers: TickerMap,
    /// The counts over the whole window.
    pub totals: Totals,
    /// The version in which an item that arrived, or was rewritten, last changed anything.
    pub arrived_in: u64,
    version: u64,
    step: Step,
    /// The pages of `tags`, if `metrics` does not list the tickers.
    pages: Option<Arc<[TagsPage]>>,
    rates: Rates,
    sums: Sums,
    metrics: Part,
    by_tag: OnceLock<Box<str>>,
    write: WriteCell,
}

impl Snapshot {
    /// The state of `window`, given the previous one; `None` if nothing changed.
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
        let mut step = Step::default();
        for change in changes {
            let (was, is) = apply(&mut tickers, &mut sums, &change, version);
            has_new_names |= was.is_some() != is;
            if !was.map_or(Aggregate::GONE, |shown| shown.aggregate).prints_like(change.shown()) {
                step.tickers.push((change.ticker, is && change.arrived));
            }
        }
        let pages = match before {
            Some(before) if !has_new_names => before.pages.clone(),
            _ => (!is_listed(&tickers)).then(|| tags::pages(tickers.keys()).into()),
        };
        let arrived_in = if has_arrivals { version } else { before.map_or(0, |b| b.arrived_in) };
        let metrics = metrics_part(&totals, tickers.len(), pages.is_none().then_some(sums.counts));
        step.metrics = before.is_none_or(|b| !b.metrics.equals(metrics));
        step.pages = has_new_names && pages.is_some();
        Some(Self {
            tickers,
            totals,
            arrived_in,
            version,
            step,
            pages,
            rates: window.rates().clone(),
            sums,
            metrics,
            by_tag: OnceLock::new(),
            write: WriteCell::default(),
        })
    }

    /// The version: the number of this snapshot in its process.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// A ticker's state; [`Aggregate::GONE`] if it is not in the window.
    pub fn get(&self, ticker: &Ticker) -> &Aggregate {
        self.tickers.get(ticker).map_or(&Aggregate::GONE, |shown| &shown.aggregate)
    }

    /// The difference for a client that holds the previous version.
    pub(crate) const fn step(&self) -> &Step {
        &self.step
    }

    /// Whether `before` is the version immediately before this one.
    pub(crate) const fn follows(&self, before: &Self) -> bool {
        self.version == before.version + 1
    }

    /// The tickers that changed since `before`, and whether an item that arrived, or was rewritten, caused the change.
    pub(crate) fn changes_since(&self, before: &Self) -> Vec<(Ticker, bool)> {
        if self.version == before.version {
            return Vec::new();
        }
        if self.follows(before) {
            return self.step.tickers.clone();
        }
        let names: BTreeSet<_> = self.tickers.unshared(&before.tickers).collect();
        let differs = |ticker: &&Ticker| !before.get(ticker).prints_like(self.get(ticker));
        let arrived = |ticker| self.tickers.get(ticker).is_some_and(|shown| shown.arrived_in > before.version);
        names.into_iter().filter(differs).map(|ticker| (ticker.clone(), arrived(ticker))).collect()
    }

    /// The write that the readers of this version share.
    pub(crate) const fn write(&self) -> &WriteCell {
        &self.write
    }

    /// The pages of `tags`, if `metrics` does not list the tickers.
    pub fn pages(&self) -> Option<&Arc<[TagsPage]>> {
        self.pages.as_ref()
    }

    /// The number of items of the last hour and of the last 24 hours before `now`; `None` if the window is shorter.
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

    /// The hash of what `metrics` contains, except times and rates, on a stream that shows these tickers; `None` means
    /// all.
    pub fn metrics_part(&self, only: Option<&BTreeSet<Ticker>>) -> Part {
        let Some(only) = only else { return self.metrics };
        let mut counts = PartSum::default();
        for (ticker, shown) in only.iter().filter_map(|ticker| self.tickers.get_key_value(ticker)) {
            counts.add(count_entry(ticker, shown.aggregate.count));
        }
        metrics_part(&self.totals, self.tickers.len(), Some(counts))
    }

    /// The hash of those tickers of a bucket that a stream shows; `None` means all.
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

/// The ticker's previous state, and whether it is in the window now.
fn apply(map: &mut TickerMap, sums: &mut Sums, change: &Change, version: u64) -> (Option<Shown>, bool) {
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
    (before, aggregate.is_some())
}

/// Whether `metrics` lists these tickers: there is a limit on their number, and one on the length of a line.
fn is_listed(tickers: &TickerMap) -> bool {
    tickers.len() <= LISTED_MAX && tickers.keys().map(tags::entry_bytes).sum::<usize>() <= tags::PAGE_BYTES
}
