//! Between the session and the wire: what is to be sent, and what was taken.

use crate::snapshot::Snapshot;
use lambda_trace::Timestamp;
use std::sync::Arc;

/// Something the client should learn.
#[derive(Clone, Debug)]
pub enum Update {
    /// Alive. Replaces an unsent one.
    Heartbeat {
        /// Whether polls fail.
        degraded: bool,
        /// Streams of this process.
        connections: usize,
    },
    /// The state that the client should come to hold. Replaces what is unsent of an older one.
    State {
        /// That state.
        snapshot: Arc<Snapshot>,
        /// Whether a round of reading is behind it. What only leaves the window by itself may do so every second, and a change
        /// of `metrics` then waits for the next round.
        after_read: bool,
    },
    /// The last event; nothing is accepted after it.
    Last(Last),
}

/// How a stream says goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// `deadline`
    Deadline {
        /// Milliseconds until the invocation's deadline.
        remaining_ms: u64,
    },
    /// `done`, `stream_max`
    StreamMax,
    /// `done`, `shutdown`
    Shutdown,
}

/// One event that the reader took: only now it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// `heartbeat`, `metrics`, `tags`, `sentiment_update`, `deadline`, `done`
    pub event_type: &'static str,
    /// When it was taken.
    pub at: Timestamp,
    /// `updated_at` of the newest item behind it; `None` for control events, empty aggregates, and changes that no item
    /// made by arriving or being rewritten.
    pub newest_item: Option<Timestamp>,
    /// Whether it reports a change; `false` for the state given on connect.
    pub is_change: bool,
}

impl Delivery {
    /// The latency that counts in metrics: of changes that an item made by arriving or being rewritten, if its date is not
    /// ahead of this clock.
    pub fn measured_latency_ms(&self) -> Option<u64> {
        (self.is_change && self.newest_item.is_some() && !self.is_clock_skew()).then(|| self.latency_ms())
    }

    /// Milliseconds from the newest source item's date to here; 0 where there is none, and for dates ahead.
    pub fn latency_ms(&self) -> u64 {
        self.newest_item.map_or(0, |newest| self.at.ms_since(newest))
    }

    /// The newest source item is dated ahead of this clock.
    pub fn is_clock_skew(&self) -> bool {
        self.newest_item.is_some_and(|newest| newest > self.at)
    }
}

/// MUST never wait and never grow without bound: a newer state replaces an unsent older one. Hence not async.
pub trait Dispatcher: Send + Sync {
    /// Queues an update.
    fn dispatch(&self, update: Update);
    /// What the reader has taken since the last call, in order.
    fn collect(&self) -> Vec<Delivery>;
}
