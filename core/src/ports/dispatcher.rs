//! The port between the session and the response body: what is to be sent, and what was taken.

use super::Delivery;
use crate::snapshot::Snapshot;
use std::{sync::Arc, time::Duration};

/// What the client is to be sent.
#[derive(Clone, Debug)]
pub enum Update {
    /// A heartbeat. It replaces an unsent one.
    Heartbeat {
        /// Whether polls fail.
        degraded: bool,
        /// Streams of this process.
        connections: usize,
    },
    /// The state that the client should have. It replaces what is unsent of an older one.
    State {
        /// The state.
        snapshot: Arc<Snapshot>,
        /// Whether a round of reading made it. Items may leave the window every second; a change of `metrics` that only
        /// this causes waits for the next round.
        after_read: bool,
    },
    /// The last event; nothing is accepted after it.
    Last(Last),
}

/// The last event of a stream.
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

/// MUST never wait, hence it is not async, and never grow without bound: a newer state replaces an unsent older one.
pub trait Dispatcher: Send + Sync {
    /// Queues an update.
    fn dispatch(&self, update: Update);
    /// The events that the reader took since the last call, in order.
    fn collect(&self) -> Vec<Delivery>;
}
