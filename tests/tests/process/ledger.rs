//! What a function says in its log: ledger lines, late lines, ends of streams, spans that were given up. It compares
//! nothing.

use std::collections::BTreeMap;

use lambda_env::{LogLine, Span, Stamp};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// One ledger line.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    pub(crate) at: Stamp,
    pub(crate) trace_id: String,
    pub(crate) created: u64,
    pub(crate) delivered: u64,
    pub(crate) retained: u64,
    pub(crate) logged: u64,
    pub(crate) folded: u64,
    pub(crate) resent: u64,
    pub(crate) flush_ms: u64,
    pub(crate) outcome: String,
    /// Counted as created, accounted for nowhere: the line says so itself.
    pub(crate) missing: u64,
}

/// The sum of an invocation's late lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Late {
    pub(crate) delivered: u64,
    pub(crate) logged: u64,
    pub(crate) resent: u64,
}

/// The end of a stream.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) connection_id: String,
    pub(crate) reason: String,
    pub(crate) events: u64,
}

/// A log, read. Keys are request ids.
#[derive(Debug, Default)]
pub(crate) struct ParsedLog {
    pub(crate) ledgers: BTreeMap<String, Vec<Ledger>>,
    pub(crate) late: BTreeMap<String, Late>,
    pub(crate) ends: BTreeMap<String, Vec<End>>,
    /// Given-up spans with the time of their line.
    pub(crate) printed: Vec<(Stamp, Span)>,
    /// Lines that cannot be read as what they claim to be.
    pub(crate) unreadable: Vec<String>,
}

impl ParsedLog {
    pub(crate) fn read(lines: &[LogLine]) -> Self {
        let mut told = Self::default();
        for line in lines {
            told.form(line);
            match Span::of_json(&line.text) {
                Ok(Some(spans)) => told.printed.extend(spans.into_iter().map(|span| (line.at, span))),
                Ok(None) => told.line(line),
                Err(what) => told.unreadable.push(format!("{what}: {}", line.text)),
            }
        }
        told
    }

    /// The one ledger line of an invocation.
    pub(crate) fn ledger(&self, request_id: &str) -> &Ledger {
        let lines = self.ledgers.get(request_id).map_or(&[][..], Vec::as_slice);
        assert_eq!(lines.len(), 1, "ledger lines of {request_id}");
        &lines[0]
    }

    /// Platforms filter and date lines by these two.
    fn form(&mut self, line: &LogLine) {
        let json = line.json().unwrap_or_default();
        let is_dated = json["timestamp"].as_str().is_some_and(|at| OffsetDateTime::parse(at, &Rfc3339).is_ok());
        if !is_dated || !["INFO", "WARN", "ERROR"].iter().any(|level| json["level"] == *level) {
            self.unreadable.push(format!("not JSON with a date and a level: {}", line.text));
        }
    }

    fn line(&mut self, line: &LogLine) {
        let Some(json) = line.json() else { return };
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let id = text("request_id");
        match json["message"].as_str() {
            Some("telemetry ledger") => self.ledgers.entry(id).or_default().push(ledger(line.at, &json)),
            Some("telemetry ledger late") => {
                let sum = self.late.entry(id).or_default();
                sum.delivered += number(&json, "delivered");
                sum.logged += number(&json, "logged");
                sum.resent += number(&json, "resent");
            }
            Some("stream ended") => self.ends.entry(id).or_default().push(End {
                connection_id: text("connection_id"),
                reason: text("end_reason"),
                events: number(&json, "events"),
            }),
            _ => {}
        }
    }
}

fn ledger(at: Stamp, json: &Value) -> Ledger {
    Ledger {
        at,
        trace_id: json["trace_id"].as_str().unwrap_or_default().to_owned(),
        created: number(json, "created"),
        delivered: number(json, "delivered"),
        retained: number(json, "retained"),
        logged: number(json, "logged"),
        folded: number(json, "folded"),
        resent: number(json, "resent"),
        flush_ms: number(json, "flush_ms"),
        outcome: json["flush_outcome"].as_str().unwrap_or_default().to_owned(),
        missing: number(json, "missing"),
    }
}

fn number(json: &Value, name: &str) -> u64 {
    json[name].as_u64().unwrap_or(0)
}
