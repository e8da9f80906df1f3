//! Which spans go together: at most fifty, none farther from another than a request may span.

use crate::span::SpanRecord;
use std::time::Duration;

/// As many spans as the collector passes to X-Ray in one call, so that a response is true of the whole request.
pub const SPANS_PER_REQUEST: usize = 50;

/// In the order of their start.
pub(super) fn within(mut spans: Vec<&SpanRecord>, apart: Duration) -> Vec<Vec<&SpanRecord>> {
    let apart = u64::try_from(apart.as_nanos()).unwrap_or(u64::MAX);
    spans.sort_by_key(|span| span.start_ns);
    let mut batches: Vec<Vec<&SpanRecord>> = Vec::new();
    for span in spans {
        let fits = |batch: &Vec<&SpanRecord>| {
            let ends = batch.iter().map(|span| span.end_ns).max().unwrap_or(0).max(span.end_ns);
            batch.len() < SPANS_PER_REQUEST && ends.saturating_sub(batch[0].start_ns) <= apart
        };
        match batches.last_mut() {
            Some(batch) if fits(batch) => batch.push(span),
            _ => batches.push(vec![span]),
        }
    }
    batches
}
