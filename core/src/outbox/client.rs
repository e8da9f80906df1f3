//! Who reads: what its first event says, and what it is shown.

use crate::{digest::Digest, plan::View};
use lambda_trace::{Timestamp, TraceId};
use std::time::Duration;

/// One client of one stream.
#[derive(Clone, Debug)]
pub struct Client {
    /// What it is shown.
    pub view: View,
    /// What it says it holds.
    pub resume: Option<Digest>,
    /// Its reconnect delay: goes with the first event.
    pub retry: Duration,
    /// The same after a `done`.
    pub done_retry: Duration,
    /// In sampled invocations; part of every heartbeat.
    pub trace: Option<TraceId>,
    /// When the process started.
    pub started_at: Timestamp,
}
