//! The handler phase: one subsegment for each sampled invocation, none for the others, under the function's segment.

use std::{collections::BTreeMap, time::Duration};

use super::is_sampled;
use crate::evidence::Evidence;

/// A datagram is read a little after it was sent.
const READING: Duration = Duration::from_millis(300);

pub(super) fn check(evidence: &Evidence, problems: &mut Vec<String>) {
    let mut by_trace = BTreeMap::<String, Vec<_>>::new();
    for document in &evidence.documents {
        by_trace.entry(document.trace_id()).or_default().push(document);
    }
    for response in evidence.streams.iter().chain(&evidence.plain).filter(|response| is_sampled(response)) {
        let Some(header) = &response.trace else { continue };
        let found = by_trace.remove(&header.trace_id()).unwrap_or_default();
        let [document] = found[..] else {
            problems.push(format!("{}: {} handler documents", response.request_id, found.len()));
            continue;
        };
        let json = &document.json;
        if json["name"] != "## handler" || json["parent_id"] != header.parent || json["type"] != "subsegment" {
            problems.push(format!("{}: not its handler: {json}", response.request_id));
        }
        if evidence.frozen_after(response).is_some_and(|frozen| document.at.since(&frozen) > READING) {
            problems.push(format!("{}: its handler was sent after the freeze", response.request_id));
        }
    }
    let strangers = by_trace.values().flatten().map(|document| format!("nobody's document: {}", document.json));
    problems.extend(strangers);
}
