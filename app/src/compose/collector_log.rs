//! What the collector refuses, as log lines.

use crate::operator_log::TracingOperatorLog;
use lambda_trace_otlp::{CollectorLog, Refusal};

/// The collector's own words are told: they speak of spans, which carry no key and no user.
impl CollectorLog for TracingOperatorLog {
    fn refused(&self, refusal: &Refusal) {
        let Refusal { address, status, rejected_spans, words, .. } = refusal;
        tracing::warn!(address, status, rejected_spans, words, "{refusal}");
    }

    fn recovered(&self, address: &str) {
        tracing::info!(address, "all spans are taken again");
    }
}
