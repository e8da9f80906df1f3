//! Lines as they are found: OTLP/JSON, ledger lines and log lines in one file; bare, behind the prefix of a log viewer, or
//! inside CloudWatch's own JSON (`aws logs filter-log-events`, one event a line, or an export).

use crate::span::SpanRecord;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use serde_json::Value as Json;
use std::{
    collections::HashSet,
    io::{self, Read},
};

/// What OTLP/JSON lines begin with, wherever in a line that is.
const OTLP: &str = "{\"resourceSpans\"";

/// A ledger line: what became of the spans of one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// As X-Ray writes it: `1-8hex-24hex`.
    pub trace_id: String,
    /// Whether it settles spans that were retained before (`telemetry ledger late`).
    pub is_late: bool,
    /// The line's numbers and its outcome, in the order of the line.
    pub fields: Vec<(String, String)>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Spans, each once, in the order of the input.
    pub spans: Vec<SpanRecord>,
    /// Ledger lines.
    pub ledgers: Vec<Ledger>,
    /// Spans that were there before, by trace and span id.
    pub repeated: u64,
    /// Lines of other kinds: passed over.
    pub others: u64,
    /// Lines that begin like OTLP/JSON and are not.
    pub unreadable: u64,
    seen: HashSet<(String, String)>,
}

impl Input {
    /// Reads everything of one source.
    ///
    /// # Examples
    /// ```
    /// let input = otlp_lines::Input::read("no span\n".as_bytes());
    /// assert_eq!(input.others, 1);
    /// ```
    pub fn read(source: impl Read) -> Self {
        let mut input = Self::default();
        // A slice cannot fail; files go through `add`.
        let _ = input.add(source);
        input
    }

    /// Reads one more source.
    ///
    /// # Errors
    /// The source cannot be read to its end.
    pub fn add(&mut self, mut source: impl Read) -> io::Result<()> {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        match serde_json::from_str::<Json>(&text) {
            Ok(whole) => self.whole(&whole),
            Err(_) => text.lines().filter(|line| !line.trim().is_empty()).for_each(|line| self.line(line)),
        }
        Ok(())
    }

    /// A source that is one JSON value: a single line, a list of spans, or CloudWatch's answer.
    fn whole(&mut self, value: &Json) {
        if let Some(spans) = value["spans"].as_array() {
            for entry in spans {
                match SpanRecord::from_local(entry) {
                    Some(span) => self.keep(span),
                    None => self.unreadable += 1,
                }
            }
        } else if let Some(events) = value["events"].as_array().or_else(|| value.as_array()) {
            for event in events {
                self.value(event);
            }
        } else {
            self.value(value);
        }
    }

    fn line(&mut self, line: &str) {
        if let Ok(value) = serde_json::from_str::<Json>(line) {
            self.value(&value);
        } else if let Some(at) = line.find(OTLP) {
            match serde_json::from_str::<Json>(&line[at..]) {
                Ok(value) => self.value(&value),
                Err(_) => self.unreadable += 1,
            }
        } else {
            self.others += 1;
        }
    }

    fn value(&mut self, value: &Json) {
        if value.get("resourceSpans").is_some() {
            return self.otlp(value);
        }
        let message = value["message"].as_str().unwrap_or_default();
        if let Some(ledger) = ledger(value, message) {
            self.ledgers.push(ledger);
        } else if message.contains(OTLP) || message.trim_start().starts_with('{') {
            // CloudWatch's own frame around a line.
            self.line(message.trim());
        } else {
            self.others += 1;
        }
    }

    fn otlp(&mut self, value: &Json) {
        let Ok(data) = serde_json::from_value::<TracesData>(value.clone()) else {
            self.unreadable += 1;
            return;
        };
        for of_resource in data.resource_spans {
            for of_scope in of_resource.scope_spans {
                for span in of_scope.spans {
                    self.keep(SpanRecord::from_otlp(of_resource.resource.clone(), span));
                }
            }
        }
    }

    fn keep(&mut self, span: SpanRecord) {
        if self.seen.insert((span.trace_id.clone(), span.span_id.clone())) {
            self.spans.push(span);
        } else {
            self.repeated += 1;
        }
    }
}

fn ledger(line: &Json, message: &str) -> Option<Ledger> {
    let is_late = match message {
        "telemetry ledger" => false,
        "telemetry ledger late" => true,
        _ => return None,
    };
    let names = ["created", "delivered", "retained", "logged", "folded", "resent", "flush_ms", "flush_outcome"];
    let field = |name: &str| match &line[name] {
        Json::Null => None,
        Json::String(text) => Some((name.to_owned(), text.clone())),
        other => Some((name.to_owned(), other.to_string())),
    };
    let trace_id = line["trace_id"].as_str()?.to_owned();
    Some(Ledger { trace_id, is_late, fields: names.into_iter().filter_map(field).collect() })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const TRACE: &str = "67891233abcdef012345678912345678";

    /// An OTLP/JSON line of one span.
    pub(crate) fn line(id: u64, parent: u64, name: &str, start_ms: u64, end_ms: u64, more: &str) -> String {
        let at = |ms: u64| 1_795_000_000_000_000_000 + ms * 1_000_000;
        format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[],"droppedAttributesCount":0}},"scopeSpans":[{{"spans":[{{"traceId":"{TRACE}","spanId":"{id:016x}","parentSpanId":"{parent:016x}","name":"{name}","kind":1,"startTimeUnixNano":"{}","endTimeUnixNano":"{}"{more}}}]}}]}}]}}"#,
            at(start_ms),
            at(end_ms)
        )
    }

    #[test]
    fn spans_are_found_wherever_a_log_has_them() {
        let span = |id| line(id, 9, "poll", 0, 1, "");
        let framed = serde_json::json!({"timestamp": 1, "message": span(3)});
        let text = format!(
            "{}\n2026-11-22 abc {}\n{framed}\n{{\"level\":\"INFO\",\"message\":\"x\"}}\nrubbish\n",
            span(1),
            span(2)
        );
        let input = Input::read(text.as_bytes());
        let ids: Vec<_> = input.spans.iter().map(|span| span.span_id.as_str()).collect();
        assert_eq!(ids, ["0000000000000001", "0000000000000002", "0000000000000003"]);
        assert_eq!((input.others, input.unreadable, input.repeated), (2, 0, 0));
    }

    #[test]
    fn cloudwatch_s_own_answer_is_read_whole() {
        let events = serde_json::json!({"events": [{"message": line(1, 9, "a", 0, 1, "")}, {"message": "START"}], "nextToken": "x"});
        let pretty = serde_json::to_string_pretty(&events).expect("JSON");
        let input = Input::read(pretty.as_bytes());
        assert_eq!((input.spans.len(), input.others), (1, 1));
    }

    #[test]
    fn a_span_counts_once_and_what_is_cut_off_is_told() {
        let one = line(1, 9, "a", 0, 1, "");
        let text = format!("{one}\n{one}\n{}\n", &one[..one.len() - 9]);
        let input = Input::read(text.as_bytes());
        assert_eq!((input.spans.len(), input.repeated, input.unreadable), (1, 1, 1));
    }

    #[test]
    fn ledger_lines_and_local_spans_are_read() {
        let text = r#"{"message":"telemetry ledger","trace_id":"1-67891233-abcdef012345678912345678","created":3,"flush_outcome":"ok"}"#;
        let input = Input::read(text.as_bytes());
        let fields = [("created".to_owned(), "3".to_owned()), ("flush_outcome".to_owned(), "ok".to_owned())];
        assert_eq!(input.ledgers[0].fields, fields);
        let local = r###"{"spans":[{"trace_id":"1-67891233-abcdef012345678912345678","span_id":"01","parent_id":"09","name":"## handler","start_us":1,"end_us":2,"status":"error","attributes":{"ColdStart":true,"exception.type":"T"}}]}"###;
        let span = &Input::read(local.as_bytes()).spans[0];
        assert_eq!((span.trace_id.as_str(), span.start_ns, span.error.as_deref()), (TRACE, 1_000, Some("T")));
        assert_eq!(span.attribute("ColdStart"), Some("true"));
    }
}
