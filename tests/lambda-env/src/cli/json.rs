//! Progress for programs: one JSON object a line, as the README documents it. Fields are added, and none is renamed.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{summary::Summary, text, traces::Bar};
use crate::{
    clock::Stamp,
    environment::{Exit, Phase, Stream},
    notice::{Event, Notice, Request},
};

/// A notice.
pub(super) fn notice(notice: &Notice) -> Value {
    let (event, fields) = match &notice.event {
        Event::Phase(phase) => of_phase(phase),
        Event::Line(line) => {
            let stream = if line.stream == Stream::Stderr { "stderr" } else { "stdout" };
            ("log", json!({"program": line.program, "stream": stream, "text": line.text}))
        }
        Event::Violation(violation) => {
            ("violation", json!({"what": violation.what, "request_id": violation.request_id}))
        }
        Event::Invoked(invoked) => {
            let trace = invoked.trace.as_ref().map(ToString::to_string);
            let own = json!({"request_id": invoked.request_id, "trace": trace, "cold_start": invoked.is_cold});
            ("request", with(of_request(&invoked.request), own))
        }
        Event::Ended(ended) => {
            let own = json!({
                "request_id": ended.request_id,
                "trace_id": ended.trace.as_ref().map(crate::TraceHeader::trace_id),
                "status": ended.status,
                "outcome": text::outcome(&ended.outcome),
                "complete": ended.outcome == crate::Outcome::Complete,
                "chunks": ended.chunks,
                "bytes": ended.bytes,
                "first_byte_ms": ended.first_byte.map(milliseconds),
                "duration_ms": milliseconds(ended.duration),
                "caller_left": ended.caller_left,
            });
            ("end", with(of_request(&ended.request), own))
        }
        Event::Throttled(request) => ("throttled", of_request(request)),
        Event::StartFailed(request, reason) => ("start_failed", with(of_request(request), json!({"reason": reason}))),
        Event::Fault(number, fault) => ("fault", json!({"request": number, "fault": fault})),
    };
    let place = notice.environment.map_or(json!({}), |number| json!({"environment": number}));
    line(&notice.at, event, with(place, fields))
}

/// A span, segment or subsegment.
pub(super) fn span(bar: &Bar, is_late: bool) -> Value {
    let fields = json!({
        "trace_id": bar.trace,
        "id": bar.id,
        "parent_id": bar.parent,
        "name": bar.name,
        "origin": bar.origin,
        "start_ns": bar.start_ns,
        "end_ns": bar.end_ns,
        "failed": bar.is_error,
        "late": is_late,
    });
    line(&bar.at, "span", fields)
}

/// The end of a run.
pub(super) fn summary(summary: &Summary, at: &Stamp) -> Value {
    let traces = &summary.traces;
    let fields = json!({
        "duration_ms": milliseconds(summary.duration),
        "requests": summary.requests,
        "outcomes": summary.outcomes,
        "throttled": summary.throttled,
        "start_failed": summary.not_started,
        "cold_starts": summary.cold_starts,
        "freezes": summary.freezes,
        "violations": summary.violations,
        "chunks": summary.chunks,
        "bytes": summary.bytes,
        "spans": {"segments": traces.segments, "subsegments": traces.subsegments, "otlp": traces.spans,
            "refused": traces.refused, "late": traces.late, "malformed": summary.malformed},
        "ends": {"by_sigterm": summary.terminated, "killed": summary.killed},
    });
    line(at, "summary", fields)
}

/// One object: its time, its name, its fields.
pub(super) fn line(at: &Stamp, event: &str, fields: Value) -> Value {
    with(json!({"at_ms": at.unix_ms(), "event": event}), fields)
}

fn of_phase(phase: &Phase) -> (&'static str, Value) {
    match phase {
        Phase::Started(start) => ("starts", json!({"start": start})),
        Phase::Ready => ("ready", json!({})),
        Phase::Invoked(request_id) => ("invoked", json!({"request_id": request_id})),
        Phase::Frozen => ("frozen", json!({})),
        Phase::Thawed => ("thawed", json!({})),
        Phase::TimedOut(exit) => ("timed_out", of_exit(exit)),
        Phase::Exited(exit) => ("exited", of_exit(exit)),
        Phase::ExtensionExited(name, exit) => ("extension_exited", with(json!({"extension": name}), of_exit(exit))),
        Phase::ShutDown(exit) => ("shut_down", of_exit(exit)),
    }
}

fn of_exit(exit: &Exit) -> Value {
    json!({"code": exit.code, "signal": exit.signal})
}

fn of_request(request: &Request) -> Value {
    json!({"request": request.number, "method": request.method, "target": request.target})
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn with(object: Value, fields: Value) -> Value {
    let mut all = Map::new();
    for part in [object, fields] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_time_name_and_place() {
        let at = Stamp::now();
        let frozen = notice(&Notice { at, environment: Some(2), event: Event::Phase(Phase::Frozen) });
        assert_eq!(frozen, json!({"at_ms": at.unix_ms(), "event": "frozen", "environment": 2}));
    }
}
