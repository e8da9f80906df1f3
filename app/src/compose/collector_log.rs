//! Reports what the collector rejects as log lines.

use crate::operator_log::TracingOperatorLog;
use lambda_trace_otlp::{CollectorLog, Refusal};

/// The collector's own message is logged: it concerns spans, which contain no key and no user.
impl CollectorLog for TracingOperatorLog {
    fn refused(&self, refusal: &Refusal) {
        let Refusal { address, status, rejected_spans, words, .. } = refusal;
        tracing::warn!(address, status, rejected_spans, words, "{refusal}");
    }

    fn recovered(&self, address: &str) {
        tracing::info!(address, "all spans are taken again");
    }
}
