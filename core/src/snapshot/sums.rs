//! The sums from which the parts of the digest are computed.

use super::totals::Totals;
use crate::{
    digest::{BUCKETS, Part, PartSum, bucket_of, entry, number, ticker_entry},
    item::Ticker,
    window::Aggregate,
};

/// Of every bucket, and of the counts that `metrics` lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) buckets: [PartSum; BUCKETS],
    pub(super) counts: PartSum,
}

impl Sums {
    pub(super) fn add(&mut self, ticker: &Ticker, aggregate: &Aggregate) {
        self.buckets[bucket_of(ticker)].add(ticker_entry(ticker, aggregate));
        self.counts.add(count_entry(ticker, aggregate.count));
    }

    pub(super) fn remove(&mut self, ticker: &Ticker, aggregate: &Aggregate) {
        self.buckets[bucket_of(ticker)].remove(ticker_entry(ticker, aggregate));
        self.counts.remove(count_entry(ticker, aggregate.count));
    }
}

/// What a ticker adds to the counts.
pub(super) fn count_entry(ticker: &Ticker, count: u64) -> u64 {
    entry(ticker.as_str(), &[number(count)])
}

/// The counts of the tickers that are listed, if they are.
pub(super) fn metrics_part(totals: &Totals, tickers: usize, counts: Option<PartSum>) -> Part {
    let [positive, neutral, negative] = totals.counts.map(number);
    let tags = number(tickers as u64);
    let is_listed = i64::from(counts.is_some());
    let mut sum = counts.unwrap_or_default();
    sum.add(entry("", &[positive, neutral, negative, tags, i64::from(totals.truncated), is_listed]));
    sum.part()
}
