//! The client of a stream: what its first event contains, and what it sees.

use crate::{digest::Digest, plan::View};
use lambda_trace::{Timestamp, TraceId};
use std::time::Duration;

/// The client of one stream.
#[derive(Clone, Debug)]
pub struct Client {
    /// The part of the state that it sees.
    pub view: View,
    /// The cursor that it sent.
    pub resume: Option<Digest>,
    /// Its reconnect delay: goes with the first event.
    pub retry: Duration,
    /// The reconnect delay after a `done`.
    pub done_retry: Duration,
    /// The trace id, in sampled invocations; part of every heartbeat.
    pub trace: Option<TraceId>,
    /// When the process started.
    pub started_at: Timestamp,
}
