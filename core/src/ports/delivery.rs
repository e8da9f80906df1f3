//! An event that the reader took, as far as it is counted and traced.

use lambda_trace::Timestamp;
use std::time::Duration;

/// One event that the reader took: it counts from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The event's name: `heartbeat`, `metrics`, `tags`, `sentiment_update`, `deadline`, `done`.
    pub event_type: &'static str,
    /// When it was taken.
    pub at: Timestamp,
    /// `updated_at` of the newest item that caused it; `None` for control events, empty aggregates, and changes that
    /// were not caused by an item that arrived or was rewritten.
    pub newest_item: Option<Timestamp>,
    /// Whether it reports a change; `false` for the state given on connect.
    pub is_change: bool,
}

/// Counts events in the moment in which the reader takes them, where nobody has to be woken for it.
///
/// MUST NOT block.
pub trait DeliveryCounter: Send + Sync {
    /// The reader took these.
    fn taken(&self, deliveries: &[Delivery]);
}

/// Counts nothing.
impl DeliveryCounter for () {
    fn taken(&self, _: &[Delivery]) {}
}

impl Delivery {
    /// The latency for metrics: only for changes caused by an item that arrived or was rewritten, and whose date is not
    /// ahead of this clock.
    pub fn measured_latency(&self) -> Option<Duration> {
        (self.is_change && self.newest_item.is_some() && !self.is_clock_skew()).then(|| self.latency())
    }

    /// The time from the newest source item's date to here; zero where there is none, and for dates ahead.
    pub fn latency(&self) -> Duration {
        self.newest_item.map_or(Duration::ZERO, |newest| self.at.since(newest))
    }

    /// Whether the newest item is dated ahead of this clock.
    pub fn is_clock_skew(&self) -> bool {
        self.newest_item.is_some_and(|newest| newest > self.at)
    }
}
