//! Reports to the operator as log lines, once per change. A service's own message is logged only if it cannot quote a
//! user's key.

use lambda_trace::{CallError, whole_millis};
use sse_core::{
    item::ItemProblem,
    ports::{OperatorLog, TokenError},
    stream::Summary,
};
use std::collections::{BTreeMap, BTreeSet};

/// Writes to the log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TracingOperatorLog;

impl OperatorLog for TracingOperatorLog {
    fn polls_failing(&self, error: &CallError) {
        tracing::warn!(
            error_type = %error.error_type,
            request_id = error.report.request_id,
            table = error.report.table,
            region = error.report.region,
            "polling is failing: {error}: {}",
            error.detail
        );
    }

    fn polls_recovered(&self) {
        tracing::info!("polling succeeds again");
    }

    fn items_skipped(&self, reasons: &BTreeMap<ItemProblem, usize>) {
        if reasons.is_empty() {
            tracing::info!("every item of the window can be read again");
            return;
        }
        let count: usize = reasons.values().sum();
        let attributes: BTreeSet<_> = reasons.keys().map(|reason| reason.attribute()).collect();
        let attributes = Vec::from_iter(attributes).join(",");
        let words: Vec<_> = reasons.iter().map(|(reason, count)| format!("{reason} ({count})")).collect();
        tracing::warn!(count, attributes, "items are skipped: {}", words.join("; "));
    }

    fn metrics_failing(&self, error: &CallError) {
        tracing::warn!(
            error_type = %error.error_type,
            request_id = error.report.request_id,
            region = error.report.region,
            "metrics cannot be put: {error}: {}",
            error.detail
        );
    }

    fn metrics_recovered(&self) {
        tracing::info!("metrics are taken again");
    }

    fn lookups_failing(&self, error: &CallError) {
        // The store has taken the user out of the service's words.
        tracing::warn!(
            error_type = %error.error_type,
            request_id = error.report.request_id,
            table = error.report.table,
            region = error.report.region,
            "configurations cannot be looked up, and their streams answer 503: {error}: {}",
            error.detail
        );
    }

    fn lookups_recovered(&self) {
        tracing::info!("configurations can be looked up again");
    }

    fn token_refused(&self, request_id: &str, error: TokenError) {
        tracing::info!(request_id, error_type = error.error_type(), "a token was refused: {error}");
    }
}

/// The one line at the end of every stream.
pub(crate) fn stream_ended(request_id: &str, summary: &Summary) {
    tracing::info!(
        request_id,
        connection_id = %summary.connection_id,
        end_reason = summary.reason.as_str(),
        events = summary.events,
        duration_ms = whole_millis(summary.duration),
        "stream ended"
    );
}
