//! Lines of the function's log that are judged, as values.

use std::time::Duration;

/// `telemetry ledger`: what became of the spans of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The invocation.
    pub request_id: String,
    /// Its trace.
    pub trace_id: String,
    /// Spans that were made.
    pub created: u64,
    /// Accepted by the collector, or by X-Ray.
    pub delivered: u64,
    /// Kept for a later flush.
    pub retained: u64,
    /// Given up, and written to the log.
    pub logged: u64,
    /// Counted only, for the trace's budget.
    pub folded: u64,
    /// How the flush ended.
    pub flush_outcome: String,
}

/// `telemetry ledger late`: what a later flush settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LateLedger {
    /// The invocation whose spans they are.
    pub request_id: String,
    /// Of them accepted.
    pub delivered: u64,
    /// Of them given up.
    pub logged: u64,
}

/// Lambda's report of one invocation, from the text or the JSON form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryReport {
    /// The invocation.
    pub request_id: String,
    /// The trace that Lambda put it into, if it was sampled.
    pub trace_id: Option<String>,
    /// Memory that was used at most, in MB; absent on Managed Instances.
    pub max_used_mb: Option<u64>,
    /// How long the start took, in the first invocation of an environment.
    pub init: Option<Duration>,
    /// The log stream, one an environment.
    pub log_stream: String,
}
