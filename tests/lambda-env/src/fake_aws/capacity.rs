//! Provisioned capacity of tables, as a bucket each: what a call consumed is taken out, time fills it up again. It answers
//! nothing itself.

use std::{collections::BTreeMap, time::Duration};

use crate::clock::Stamp;

/// What a table can take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// Capacity units that flow in every second.
    pub per_second: f64,
    /// The most units that are kept for a burst, and what is there at first. DynamoDB keeps 300 seconds' worth.
    pub burst: f64,
}

#[derive(Debug, Default)]
pub(super) struct Buckets(BTreeMap<String, Bucket>);

#[derive(Debug)]
struct Bucket {
    capacity: Capacity,
    units: f64,
    filled: Stamp,
}

impl Buckets {
    pub(super) fn set(&mut self, table: &str, capacity: Option<Capacity>) {
        match capacity {
            Some(capacity) => {
                let bucket = Bucket { capacity, units: capacity.burst, filled: Stamp::now() };
                self.0.insert(table.to_owned(), bucket);
            }
            None => drop(self.0.remove(table)),
        }
    }

    /// Whether a call that comes at this moment is throttled: nothing is left. Its size is not known before it was done.
    pub(super) fn is_empty(&mut self, table: &str, now: Stamp) -> bool {
        self.0.get_mut(table).is_some_and(|bucket| {
            bucket.fill(now.since(&bucket.filled));
            bucket.filled = now;
            bucket.units <= 0.0
        })
    }

    /// Takes out what a call consumed. The bucket may fall below nothing: a large read is paid for afterwards.
    pub(super) fn consume(&mut self, table: &str, units: f64) {
        if let Some(bucket) = self.0.get_mut(table) {
            bucket.units -= units;
        }
    }
}

impl Bucket {
    fn fill(&mut self, time: Duration) {
        self.units = (self.units + self.capacity.per_second * time.as_secs_f64()).min(self.capacity.burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_runs_dry_and_fills_up_again_to_its_brim() {
        let mut buckets = Buckets::default();
        let now = Stamp::now();
        assert!(!buckets.is_empty("t", now));
        buckets.set("t", Some(Capacity { per_second: 10.0, burst: 5.0 }));
        assert!(!buckets.is_empty("t", now));
        buckets.consume("t", 8.0);
        assert!(buckets.is_empty("t", now));
        let bucket = buckets.0.get_mut("t").unwrap();
        bucket.fill(Duration::from_millis(400));
        assert!((bucket.units - 1.0).abs() < 1e-9);
        bucket.fill(Duration::from_mins(1));
        assert!((bucket.units - 5.0).abs() < 1e-9);
        buckets.set("t", None);
        assert!(!buckets.is_empty("t", now));
    }
}
