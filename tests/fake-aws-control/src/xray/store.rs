//! What is kept of a trace, as it was sent, as X-Ray's own store shows it, and as Transaction Search does.

use crate::{
    control::{Destination, State},
    shown::as_xray_shows,
    spans::as_spans,
};
use serde_json::Value;

/// The documents of a trace that are there by now, as they were sent, Lambda's own in the form that is set.
pub(super) fn sent(state: &State, now: u64, id: &str) -> Vec<Value> {
    let visible = state.documents.iter().filter(|(from, document)| *from <= now && document["trace_id"] == id);
    visible.map(|(_, document)| state.lambda_form.of(document.clone())).collect()
}

/// What X-Ray's own store shows of a trace: nothing where the account sends its traces elsewhere.
pub(super) fn shown(state: &State, now: u64, id: &str) -> Vec<Value> {
    match state.destination {
        Destination::XRay => as_xray_shows(&sent(state, now, id)),
        Destination::CloudWatchLogs => Vec::new(),
    }
}

/// The spans of one trace in the store of Transaction Search: segments converted, and spans that came as such.
pub(super) fn spans(state: &State, now: u64, id: &str) -> Vec<Value> {
    let plain = id.strip_prefix("1-").unwrap_or(id).replace('-', "");
    let native = state.spans.iter().filter(|(from, span)| *from <= now && span["traceId"] == plain.as_str());
    as_spans(&sent(state, now, id)).into_iter().chain(native.map(|(_, span)| span.clone())).collect()
}

/// The events of `aws/spans`.
pub(crate) fn span_events(state: &State, now: u64) -> Vec<String> {
    if state.destination == Destination::XRay {
        return Vec::new();
    }
    let documents: Vec<_> =
        state.documents.iter().filter(|(from, _)| *from <= now).map(|(_, document)| document.clone()).collect();
    let native = state.spans.iter().filter(|(from, _)| *from <= now).map(|(_, span)| span);
    as_spans(&documents).iter().chain(native).map(Value::to_string).collect()
}
