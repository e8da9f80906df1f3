//! That the spans of a trace are its own, hang together, end in time, and say what the client saw.

use std::collections::{BTreeMap, BTreeSet};

use lambda_env::{Outcome, Span};

use super::Trace;
use crate::{evidence::Evidence, ledger::ParsedLog};

const INTERNAL: i64 = 1;
const CLIENT: i64 = 3;
const REASONS: [&str; 6] = ["deadline", "stream_max", "shutdown", "client_disconnected", "error", "rejected"];

pub(super) fn check(trace: &Trace<'_>, told: &ParsedLog, problems: &mut Vec<String>) {
    let spans = trace.spans();
    let named = |name: &str| spans.values().copied().filter(|span| span.name == name).collect::<Vec<&Span>>();
    let roots = named("sse_stream");
    let [root] = roots[..] else {
        return problems.push(format!("{} spans sse_stream", roots.len()));
    };
    let reason = root.text("end_reason");
    for span in spans.values() {
        check_span(span, root, trace, problems);
    }
    if !REASONS.contains(&reason) {
        problems.push(format!("end_reason {reason:?}"));
    }
    for (name, expected) in [("connection_acquire", 1), ("connection_release", usize::from(reason != "rejected"))] {
        let found = named(name);
        if found.len() != expected {
            problems.push(format!("{} spans {name}", found.len()));
        }
        if found.iter().any(|span| reason != "rejected" && span.text("connection_id") != root.text("connection_id")) {
            problems.push(format!("{name} of another connection"));
        }
    }
    if root.number("spans_folded") != i64::try_from(trace.ledger.folded).ok() {
        problems.push(format!(
            "spans_folded {:?}, the ledger has {}",
            root.number("spans_folded"),
            trace.ledger.folded
        ));
    }
    check_events(trace, root, &named("sse_event_dispatch"), problems);
    if let Some([end]) = told.ends.get(&trace.response.request_id).map(Vec::as_slice) {
        let said = (end.connection_id.as_str(), end.reason.as_str(), i64::try_from(end.events).ok());
        let spanned = (root.text("connection_id"), reason, root.number("events_yielded"));
        if said != spanned {
            problems.push(format!("the log says {said:?}, sse_stream {spanned:?}"));
        }
    }
}

fn check_span(span: &Span, root: &Span, trace: &Trace<'_>, problems: &mut Vec<String>) {
    let is_root = span.span_id == root.span_id;
    let segment = trace.response.trace.as_ref().map_or("", |header| header.parent.as_str());
    let parent = if is_root { segment } else { root.span_id.as_str() };
    if span.parent_id != parent {
        problems.push(format!("{} hangs under {}, not {parent}", span.name, span.parent_id));
    }
    if span.start_ns < root.start_ns || span.start_ns > root.end_ns || span.end_ns > root.end_ns {
        problems.push(format!("{} lies outside sse_stream", span.name));
    }
    let call = ["dynamodb_poll", "cloudwatch_put_metric"].contains(&span.name.as_str());
    if span.kind != if call { CLIENT } else { INTERNAL } || call != (span.text("rpc.system") == "aws-api") {
        problems.push(format!("{} has kind {} and rpc.system {:?}", span.name, span.kind, span.text("rpc.system")));
    }
    if !span.repeated_keys.is_empty() || span.resource.get("service.name").is_none_or(|name| name != "sse-streaming") {
        problems.push(format!("{} is malformed: {span:?}", span.name));
    }
}

/// One dispatch per event that the reader took, of the same types, unless some were folded.
fn check_events(trace: &Trace<'_>, root: &Span, dispatched: &[&Span], problems: &mut Vec<String>) {
    if root.text("end_reason") == "rejected" {
        return;
    }
    let events = trace.response.events();
    let yielded = root.number("events_yielded").and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    let is_whole = trace.response.outcome == Some(Outcome::Complete);
    if events.len() > yielded || (is_whole && events.len() != yielded) {
        problems.push(format!("{yielded} events yielded, {} seen by the client", events.len()));
    }
    let mut types = BTreeMap::<&str, i64>::new();
    for event in &events {
        *types.entry(&event.name).or_default() += 1;
    }
    for span in dispatched {
        *types.entry(span.text("event_type")).or_default() -= 1;
    }
    let agrees = |(_, count): (&&str, &i64)| if is_whole { *count == 0 } else { *count <= 0 };
    if trace.ledger.folded == 0 && !types.iter().all(agrees) {
        problems.push(format!("events seen and not dispatched, or the other way round: {types:?}"));
    }
}

/// Each stream ends once, for one reason, on a connection of its own; and the client is told of its trace.
pub(super) fn ends(evidence: &Evidence, told: &ParsedLog, problems: &mut Vec<String>) {
    let mut connections = BTreeSet::new();
    for response in &evidence.streams {
        let ends = told.ends.get(&response.request_id).map_or(&[][..], Vec::as_slice);
        match ends {
            [end] if connections.insert(&end.connection_id) => {}
            _ => problems.push(format!("{}: ended {ends:?}", response.request_id)),
        }
        let trace = response.trace.as_ref().filter(|trace| trace.sampled).map(|trace| trace.root.as_str());
        for event in response.events().iter().filter(|event| event.name == "heartbeat") {
            if event.json()["trace_id"].as_str() != trace {
                problems.push(format!("{}: a heartbeat of another trace: {}", response.request_id, event.data));
            }
        }
    }
    let ended: usize = told.ends.values().map(Vec::len).sum();
    if ended != evidence.streams.len() {
        problems.push(format!("{ended} ends of streams, {} streams", evidence.streams.len()));
    }
}
