//! Between the session and the wire: what is to be sent, and what was taken.

use super::Delivery;
use crate::snapshot::Snapshot;
use std::{sync::Arc, time::Duration};

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
        /// Until the invocation's deadline.
        remaining: Duration,
    },
    /// `done`, `stream_max`
    StreamMax,
    /// `done`, `shutdown`
    Shutdown,
}

/// MUST never wait and never grow without bound: a newer state replaces an unsent older one. Hence not async.
pub trait Dispatcher: Send + Sync {
    /// Queues an update.
    fn dispatch(&self, update: Update);
    /// What the reader has taken since the last call, in order.
    fn collect(&self) -> Vec<Delivery>;
}
