//! Metrics of the service, in batches.

use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError};
use std::collections::BTreeMap;

/// The maximum number of distinct values of one measurement (EMF's limit; CloudWatch accepts 150).
pub(crate) const DISTINCT_VALUES_MAX: usize = 100;

/// Values with their frequencies. Values are rounded to two significant digits, which keeps percentiles correct within
/// 5 %, and the batch small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(BTreeMap<u64, u64>);

impl Histogram {
    /// Adds one value.
    pub fn add(&mut self, value: u64) {
        self.add_often(value, 1);
    }

    /// Adds a value that occurred so often.
    pub fn add_often(&mut self, value: u64, count: u64) {
        let rounded = two_digits(value);
        let full = self.0.len() >= DISTINCT_VALUES_MAX && !self.0.contains_key(&rounded);
        // A full set counts the value at the nearest larger one, or else at the largest: it is never lost, only less
        // precise.
        let key = if full {
            self.0.range(rounded..).next().or_else(|| self.0.last_key_value()).map_or(rounded, |(k, _)| *k)
        } else {
            rounded
        };
        *self.0.entry(key).or_default() += count;
    }

    /// Adds all values of another set.
    pub fn merge(&mut self, other: &Self) {
        for (value, count) in &other.0 {
            self.add_often(*value, *count);
        }
    }

    /// The values and how often each occurred, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().map(|(v, n)| (*v, *n))
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn two_digits(value: u64) -> u64 {
    let mut unit = 1;
    while value / unit >= 100 {
        unit *= 10;
    }
    value / unit * unit
}

/// The value of one measurement.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricValue {
    /// A count of occurrences.
    Counter(u64),
    /// A level, as it is at the moment of the put.
    Gauge(u64),
    /// Durations, in milliseconds.
    Histogram(Histogram),
}

/// One metric of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The metric's name: `EventsSent`, …
    pub name: &'static str,
    /// The name of a dimension beside `Environment`.
    pub event_type: Option<&'static str>,
    /// The value.
    pub reading: MetricValue,
}

/// Where metrics go.
///
/// An adapter MUST take the whole batch in at most one AWS call, give up after 3 s, and never block.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// The call that [`Self::put`] makes, as far as it is known in advance; `None` if it makes none, so that there is
    /// nothing to trace.
    fn target(&self) -> Option<AwsCall>;

    /// Puts one batch.
    ///
    /// # Errors
    /// The call failed; the batch may or may not have been counted.
    async fn put(&self, batch: &[Measurement]) -> Result<AwsCall, CallError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_two_digits() {
        let mut d = Histogram::default();
        for v in [0, 7, 99, 123, 129, 98_765] {
            d.add(v);
        }
        assert_eq!(d.iter().collect::<Vec<_>>(), [(0, 1), (7, 1), (99, 1), (120, 2), (98_000, 1)]);
    }

    #[test]
    fn a_full_set_loses_nothing() {
        let mut d = Histogram::default();
        for v in 0..1_000 {
            d.add(v * 17);
        }
        assert!(d.iter().count() <= DISTINCT_VALUES_MAX);
        let mut sum = Histogram::default();
        sum.merge(&d);
        sum.merge(&d);
        assert_eq!(sum.iter().map(|(_, n)| n).sum::<u64>(), 2_000);
    }
}
