//! The metrics of the process until they are put: one batch for all streams, never one call per event.

use crate::{
    ports::{Delivery, Histogram, Measurement, MetricValue, Metrics, OperatorLog},
    sync::{Mutex, MutexGuard},
    trouble::Trouble,
};
use lambda_trace::{CallError, Timestamp, whole_millis};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

/// The shortest time between two batches, except at the end of a stream.
pub const PUT_INTERVAL: Duration = Duration::from_secs(10);

/// The metrics of one process.
pub struct MetricsAggregator {
    operator_log: Arc<dyn OperatorLog>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: Counts,
    next_put: Timestamp,
    is_putting: bool,
    trouble: Trouble,
}

#[derive(Clone, Default)]
struct Counts {
    events: BTreeMap<&'static str, u64>,
    latency_ms: Histogram,
    poll_ms: Histogram,
    acquire_failures: u64,
    items_skipped: u64,
    poll_failures: u64,
}

impl Counts {
    fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.poll_ms.is_empty()
            && self.acquire_failures == 0
            && self.items_skipped == 0
            && self.poll_failures == 0
    }

    fn merge(&mut self, other: &Self) {
        for (event_type, n) in &other.events {
            *self.events.entry(event_type).or_default() += n;
        }
        self.latency_ms.merge(&other.latency_ms);
        self.poll_ms.merge(&other.poll_ms);
        self.acquire_failures += other.acquire_failures;
        self.items_skipped += other.items_skipped;
        self.poll_failures += other.poll_failures;
    }

    fn batch(&self, levels: Levels) -> Vec<Measurement> {
        let plain = |name, reading| Measurement { name, event_type: None, reading };
        let mut batch = vec![plain("ConnectionCount", MetricValue::Gauge(levels.connections as u64))];
        let mut data_age = Histogram::default();
        data_age.add(whole_millis(levels.data_age));
        batch.push(plain("DataAgeMs", MetricValue::Histogram(data_age)));
        if self.acquire_failures > 0 {
            batch.push(plain("ConnectionAcquireFailures", MetricValue::Counter(self.acquire_failures)));
        }
        if !self.events.is_empty() {
            batch.push(plain("EventsSent", MetricValue::Counter(self.events.values().sum())));
        }
        for (event_type, n) in &self.events {
            batch.push(Measurement {
                name: "EventsSent",
                event_type: Some(event_type),
                reading: MetricValue::Counter(*n),
            });
        }
        if !self.latency_ms.is_empty() {
            batch.push(plain("EventLatencyMs", MetricValue::Histogram(self.latency_ms.clone())));
        }
        if !self.poll_ms.is_empty() {
            batch.push(plain("PollDurationMs", MetricValue::Histogram(self.poll_ms.clone())));
        }
        if self.items_skipped > 0 {
            batch.push(plain("ItemsSkipped", MetricValue::Counter(self.items_skipped)));
        }
        if self.poll_failures > 0 {
            batch.push(plain("PollFailures", MetricValue::Counter(self.poll_failures)));
        }
        batch
    }
}

/// Levels, which are reported as they are at the moment of the put.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    /// Streams of this process.
    pub connections: usize,
    /// The time since the last round of polling that succeeded as a whole.
    pub data_age: Duration,
}

impl MetricsAggregator {
    /// No metrics yet.
    pub fn new(operator_log: Arc<dyn OperatorLog>) -> Self {
        Self { operator_log, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts events that readers took. Only changes have a latency: the state that a client gets on connect may be
    /// old.
    pub fn delivered(&self, deliveries: &[Delivery]) {
        let counts = &mut self.state().counts;
        // What a reader takes at once is mostly of one type, and of one moment.
        for alike in deliveries.chunk_by(|a, b| a.event_type == b.event_type) {
            *counts.events.entry(alike[0].event_type).or_default() += alike.len() as u64;
        }
        let latency_ms = |delivery: &Delivery| delivery.measured_latency().map(whole_millis);
        for alike in deliveries.chunk_by(|a, b| latency_ms(a) == latency_ms(b)) {
            if let Some(latency_ms) = latency_ms(&alike[0]) {
                counts.latency_ms.add_often(latency_ms, alike.len() as u64);
            }
        }
    }

    /// Counts one Query call.
    pub fn polled(&self, duration: Duration) {
        self.state().counts.poll_ms.add(whole_millis(duration));
    }

    /// Counts a stream that was refused because no slot was free.
    pub fn acquire_failed(&self) {
        self.state().counts.acquire_failures += 1;
    }

    /// Counts malformed items.
    pub fn skipped(&self, items: u64) {
        self.state().counts.items_skipped += items;
    }

    /// Counts rounds of reading in which a partition failed.
    pub fn polls_failed(&self, rounds: u64) {
        self.state().counts.poll_failures += rounds;
    }

    /// Whether a batch is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let state = self.state();
        // The next batch is never further away than the interval, unless the clock was set back.
        let is_time = now >= state.next_put || now.plus(PUT_INTERVAL) < state.next_put;
        is_time && !state.is_putting && !state.counts.is_empty()
    }

    /// Puts the batch, if it is not empty and no other stream is putting one. A batch that certainly did not arrive
    /// goes with the next one.
    pub async fn put(&self, now: Timestamp, levels: Levels, metrics: &dyn Metrics) {
        let Some(turn) = PutTurn::begin(self, now) else { return };
        let answer = metrics.put(&turn.counts.batch(levels)).await;
        turn.end(answer.as_ref().err());
    }
}

/// One batch whose put is in progress. If the call is dropped, its result is unknown, and the batch is not put again,
/// so that nothing counts twice.
struct PutTurn<'b> {
    aggregator: &'b MetricsAggregator,
    counts: Counts,
}

impl<'b> PutTurn<'b> {
    fn begin(aggregator: &'b MetricsAggregator, now: Timestamp) -> Option<Self> {
        let mut state = aggregator.state();
        if state.is_putting || state.counts.is_empty() {
            return None;
        }
        state.is_putting = true;
        state.next_put = now.plus(PUT_INTERVAL);
        let counts = std::mem::take(&mut state.counts);
        Some(Self { aggregator, counts })
    }

    fn end(self, error: Option<&CallError>) {
        let is_news = {
            let mut state = self.aggregator.state();
            if error.is_some_and(|error| !error.failure.may_have_been_taken()) {
                state.counts.merge(&self.counts);
            }
            state.trouble.is_news(error)
        };
        // Behind the lock: a log may block.
        match error {
            Some(error) if is_news => self.aggregator.operator_log.metrics_failing(error),
            None if is_news => self.aggregator.operator_log.metrics_recovered(),
            _ => {}
        }
    }
}

impl Drop for PutTurn<'_> {
    fn drop(&mut self) {
        self.aggregator.state().is_putting = false;
    }
}

#[cfg(test)]
mod tests;
