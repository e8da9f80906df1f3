//! What all streams of a process share after a round of reading: the state a client should hold, and its hashes.

use crate::{
    digest::{BUCKETS, Part, PartHasher, bucket_of},
    item::{Sentiment, Ticker},
    window::{Aggregate, Window},
};
use lambda_trace::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Counts over the whole window (contract: `metrics`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Per sentiment, in the order of [`Sentiment::ALL`].
    pub counts: [u64; 3],
    /// Whether the oldest had to leave for want of room.
    pub truncated: bool,
    /// Items of the last hour; `None` if the window is shorter.
    pub rate_last_hour: Option<u64>,
    /// Items of the last 24 hours; `None` if the window is shorter.
    pub rate_last_24h: Option<u64>,
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

/// The state after a round.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Every ticker of the window.
    pub tickers: Arc<BTreeMap<Ticker, Aggregate>>,
    /// Counts.
    pub totals: Totals,
    metrics: Part,
    buckets: [Part; BUCKETS],
}

impl Snapshot {
    /// The state of an empty window.
    pub fn empty() -> Self {
        Self::hashed(Arc::default(), Totals::default(), None)
    }

    /// The state of `window` now, given the one before; `None` if nothing changed.
    pub fn next(before: Option<&Self>, window: &mut Window, now: Timestamp) -> Option<Self> {
        let changes = window.take_changes();
        let totals = Totals {
            counts: window.counts(),
            truncated: window.is_truncated(),
            rate_last_hour: window.count_since(now.minus_ms(HOUR_MS), now),
            rate_last_24h: window.count_since(now.minus_ms(DAY_MS), now),
            newest: window.newest(),
        };
        if changes.is_empty()
            && before.is_some_and(|b| b.totals.counts == totals.counts && b.totals.truncated == totals.truncated)
        {
            return None;
        }
        let mut tickers = before.map(|b| b.tickers.clone()).unwrap_or_default();
        let mut stale = [before.is_none(); BUCKETS];
        if !changes.is_empty() {
            let map = Arc::make_mut(&mut tickers);
            for (ticker, aggregate) in changes {
                stale[bucket_of(&ticker)] = true;
                match aggregate {
                    Some(aggregate) => drop(map.insert(ticker, aggregate)),
                    None => drop(map.remove(&ticker)),
                }
            }
        }
        Some(Self::hashed(tickers, totals, before.map(|b| (b.buckets, stale))))
    }

    /// Hashes everything, or only the buckets marked stale.
    fn hashed(
        tickers: Arc<BTreeMap<Ticker, Aggregate>>,
        totals: Totals,
        before: Option<([Part; BUCKETS], [bool; BUCKETS])>,
    ) -> Self {
        let (mut buckets, stale) = before.unwrap_or(([Part::UNKNOWN; BUCKETS], [true; BUCKETS]));
        let mut hashers: [PartHasher; BUCKETS] = std::array::from_fn(|_| PartHasher::new());
        let mut metrics = PartHasher::new();
        metrics.line(format_args!("{}\t{:?}\t{}", totals.total(), totals.counts, totals.truncated));
        for (ticker, aggregate) in tickers.iter() {
            metrics.line(format_args!("{ticker}\t{}", aggregate.count));
            let bucket = bucket_of(ticker);
            if stale[bucket] {
                hashers[bucket].ticker(ticker, aggregate);
            }
        }
        for (bucket, part) in buckets.iter_mut().enumerate().filter(|(b, _)| stale[*b]) {
            *part = hashers[bucket].finish();
        }
        Self { metrics: metrics.finish(), buckets, tickers, totals }
    }

    /// The hash of what `metrics` prints but for times and rates.
    pub const fn metrics_part(&self) -> Part {
        self.metrics
    }

    /// The hash of every ticker of a bucket.
    pub const fn bucket_part(&self, bucket: usize) -> Part {
        self.buckets[bucket]
    }

    /// A ticker's state; [`Aggregate::GONE`] if it is not in the window.
    pub fn get(&self, ticker: &Ticker) -> &Aggregate {
        self.tickers.get(ticker).unwrap_or(&Aggregate::GONE)
    }
}
