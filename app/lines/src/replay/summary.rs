//! What became of the spans of one run.

use crate::span::SpanRecord;
use std::collections::BTreeMap;

/// A request that the collector did not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// How many spans it held, or how many of them were rejected; with those that were not tried any more after it.
    pub spans: u64,
    /// The response: status and message, or why there was none.
    pub reason: String,
}

/// The result for the spans of one trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceSummary {
    /// Accepted by the collector in this run.
    pub sent: u64,
    /// Rejected, or without a final response.
    pub refused: u64,
    /// Older than X-Ray accepts, so not sent.
    pub too_old: u64,
    /// Settled by an earlier run, so not sent.
    pub before: u64,
}

/// The result for all spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// By trace, as X-Ray writes its id.
    pub traces: BTreeMap<String, TraceSummary>,
    /// Spans that are too old to be sent, by their ids, with their names.
    pub too_old: Vec<String>,
    /// Every refusal, in order.
    pub refusals: Vec<Refusal>,
}

impl Summary {
    /// Whether every span that was to be sent was accepted.
    pub fn is_complete(&self) -> bool {
        self.refusals.is_empty()
    }

    pub(super) fn count(&mut self, spans: &[&SpanRecord], is_accepted: bool) {
        for span in spans {
            let of_trace = self.traces.entry(span.xray_trace_id()).or_default();
            if is_accepted { of_trace.sent += 1 } else { of_trace.refused += 1 }
        }
    }
}
