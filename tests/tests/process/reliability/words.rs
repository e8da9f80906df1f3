//! What was seen, in words that do not change from run to run.

use std::{collections::BTreeSet, time::Duration};

use lambda_env::{Outcome, Response, TraceHeader};

use crate::{evidence::Evidence, ledger::ParsedLog};

/// Longer than this after its last event the end of a body was waited for.
const WAITED: Duration = Duration::from_millis(350);

/// What the client saw; `with_wait` says whether the body's end was late.
pub(super) fn of_client(response: &Response, with_wait: bool) -> String {
    let events = response.timed_events();
    let names: BTreeSet<&str> = events.iter().map(|(_, event)| event.name.as_str()).collect();
    // A configuration's stream has no `metrics`.
    let has_state = names.contains("metrics") || names.contains("sentiment_update");
    let state = match (has_state, names.is_empty()) {
        (true, _) => "the state",
        (false, true) => "nothing",
        (false, false) => "heartbeats, no state",
    };
    let beats = events.iter().filter(|(_, event)| event.name == "heartbeat");
    let beats: Vec<bool> = beats.map(|(_, event)| event.json()["degraded"] == true).collect();
    let degraded = match (beats.contains(&true), beats.last()) {
        (true, Some(true)) => ", `degraded` to the end",
        (true, _) => ", `degraded` at first",
        (false, _) => "",
    };
    let end = match (&response.outcome, events.last()) {
        (Some(Outcome::Complete), Some((at, last))) => {
            let waited = with_wait && response.ended.is_some_and(|ended| ended.since(at) > WAITED);
            let wait = if waited { "; the body waits" } else { "" };
            format!("`{}` ({}){wait}", last.name, last.json()["reason"].as_str().unwrap_or_default())
        }
        (Some(Outcome::Refused(status)), _) => format!("the end, by {}", status.as_u16()),
        (Some(Outcome::Cut), _) => "the end, by the cut".to_owned(),
        (Some(Outcome::Truncated), _) => "nothing more; cut before the deadline".to_owned(),
        (outcome, _) => format!("{outcome:?}"),
    };
    format!("{state}{degraded}, {end}")
}

/// What became of this invocation's spans.
pub(super) fn of_spans(response: &Response, evidence: &Evidence) -> String {
    let told = ParsedLog::read(&evidence.lines);
    let ledger = told.ledger(&response.request_id);
    let late = told.late.get(&response.request_id).copied().unwrap_or_default();
    let trace = response.trace.as_ref().map(TraceHeader::trace_id).unwrap_or_default();
    let copies = evidence.received.iter().filter(|copy| copy.accepted && copy.span.trace_id == trace);
    let copies = copies.map(|copy| copy.span.span_id.as_str()).collect::<Vec<_>>();
    let is_twice = copies.iter().collect::<BTreeSet<_>>().len() < copies.len();
    let became = [
        (ledger.delivered, "delivered"),
        (ledger.logged, "in the log"),
        (late.delivered, "retained, then delivered"),
        (late.logged, "retained, in the log at the end"),
    ];
    let became: Vec<_> = became.iter().filter(|(count, _)| *count > 0).map(|(_, what)| *what).collect();
    let twice = if is_twice { ", a second time: counted as resent" } else { "" };
    format!("{}{twice} (`{}`)", became.join("; "), ledger.outcome)
}
