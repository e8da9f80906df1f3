//! What one line of a function's log is. Quoted lines are cut, and what looks like a token is left out.

use super::log_entry::{LateLedger, Ledger, MemoryReport};
use serde_json::Value;
use std::time::Duration;

/// How much of a line is quoted, in characters.
const QUOTE_CHARS_MAX: usize = 200;
/// First words of Lambda's own lines in the text form.
const PLATFORM: [&str; 9] = [
    "START ",
    "END ",
    "INIT_START ",
    "INIT_REPORT ",
    "RESTORE_START ",
    "RESTORE_REPORT ",
    "EXTENSION\t",
    "TELEMETRY\t",
    "LOGS\t",
];
/// What the X-Ray SDKs, the daemon and the collector say when they throw documents away.
const DISCARDS: [&str; 6] = [
    "SegmentNotFoundException",
    "put_segment",
    "UnprocessedTraceSegments",
    "No segment found",
    "Exporting failed. Dropping data",
    "already ended subsegment",
];

/// One line.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    Ledger(Ledger),
    Late(LateLedger),
    Report(MemoryReport),
    /// The traces of given-up spans.
    GivenUp(Vec<String>),
    Discard(String),
    Odd(String),
    /// Lambda's own, the function's, or the collector's, with nothing to keep.
    Known,
}

pub(super) fn classify(message: &str) -> Line {
    let line = message.trim_end();
    let json = serde_json::from_str::<Value>(line).ok().filter(Value::is_object);
    if let Some(spans) = json.as_ref().and_then(given_up) {
        return Line::GivenUp(spans);
    }
    if DISCARDS.iter().any(|discard| line.contains(discard)) {
        return Line::Discard(quote(line));
    }
    let Some(json) = json else { return text(line) };
    match (json["message"].as_str(), json["type"].as_str()) {
        (Some("telemetry ledger"), _) => Line::Ledger(ledger(&json)),
        (Some("telemetry ledger late"), _) => Line::Late(late(&json)),
        (_, Some("platform.report")) => Line::Report(json_report(&json["record"])),
        (_, Some(kind)) if kind.starts_with("platform.") => Line::Known,
        // The collector's lines have `ts` where the function's have `timestamp`.
        _ if json["level"].is_string() && (json["timestamp"].is_string() || !json["ts"].is_null()) => Line::Known,
        _ => Line::Odd(quote(line)),
    }
}

fn text(line: &str) -> Line {
    if let Some(fields) = line.strip_prefix("REPORT ") {
        return Line::Report(text_report(fields));
    }
    if line.trim().is_empty() || PLATFORM.iter().any(|word| line.starts_with(word)) {
        return Line::Known;
    }
    Line::Odd(quote(line))
}

fn ledger(json: &Value) -> Ledger {
    let number = |member: &str| json[member].as_u64().unwrap_or_default();
    let text = |member: &str| json[member].as_str().unwrap_or_default().to_owned();
    Ledger {
        request_id: text("request_id"),
        trace_id: text("trace_id"),
        created: number("created"),
        delivered: number("delivered"),
        retained: number("retained"),
        logged: number("logged"),
        folded: number("folded"),
        flush_outcome: text("flush_outcome"),
    }
}

fn late(json: &Value) -> LateLedger {
    LateLedger {
        request_id: json["request_id"].as_str().unwrap_or_default().to_owned(),
        delivered: json["delivered"].as_u64().unwrap_or_default(),
        logged: json["logged"].as_u64().unwrap_or_default(),
    }
}

/// Fields are separated by tabs; the X-Ray part follows on a line of its own.
fn text_report(fields: &str) -> MemoryReport {
    let mut report = MemoryReport::default();
    for field in fields.split(['\t', '\n']) {
        let Some((name, value)) = field.trim().split_once(": ") else { continue };
        let number = value.split(' ').next().unwrap_or_default();
        match name {
            "RequestId" => value.clone_into(&mut report.request_id),
            "Max Memory Used" => report.max_used_mb = number.parse().ok(),
            "Init Duration" | "Restore Duration" => report.init = millis(number.parse().ok()),
            "XRAY TraceId" => report.trace_id = Some(value.to_owned()),
            _ => {}
        }
    }
    report
}

fn json_report(record: &Value) -> MemoryReport {
    let metrics = &record["metrics"];
    let header = record["tracing"]["value"].as_str().unwrap_or_default();
    let root = header.split(';').find_map(|part| part.trim().strip_prefix("Root="));
    MemoryReport {
        request_id: record["requestId"].as_str().unwrap_or_default().to_owned(),
        trace_id: root.map(str::to_owned),
        max_used_mb: metrics["maxMemoryUsedMB"].as_u64(),
        init: millis(metrics["initDurationMs"].as_f64().or_else(|| metrics["restoreDurationMs"].as_f64())),
        log_stream: String::new(),
    }
}

fn millis(number: Option<f64>) -> Option<Duration> {
    Duration::try_from_secs_f64(number? / 1e3).ok()
}

/// The traces of an OTLP/JSON line, one a span.
fn given_up(json: &Value) -> Option<Vec<String>> {
    let resources = json["resourceSpans"].as_array()?;
    let scopes = resources.iter().flat_map(|resource| resource["scopeSpans"].as_array().into_iter().flatten());
    let spans = scopes.flat_map(|scope| scope["spans"].as_array().into_iter().flatten());
    Some(spans.filter_map(|span| dashed(span["traceId"].as_str()?)).collect())
}

/// X-Ray's form of a W3C trace id.
fn dashed(id: &str) -> Option<String> {
    Some(format!("1-{}-{}", id.get(..8)?, id.get(8..32)?))
}

/// The beginning of a line, without what looks like a token: `eyJ` begins every JSON Web Token.
fn quote(line: &str) -> String {
    let words = line.split_inclusive([' ', '"', '=', '&', ':', ',']);
    let words = words.map(|word| word.find("eyJ").map_or(word, |at| &word[..at]));
    words.collect::<String>().chars().take(QUOTE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_report_are_read() {
        let text = "REPORT RequestId: U\tDuration: 3.10 ms\tBilled Duration: 546 ms\tMemory Size: 2048 MB\tMax Memory Used: 95 MB\tInit Duration: 542.01 ms\t\nXRAY TraceId: 1-6a507b87-0cc4438344b48ef127ab1931\tSegmentId: d0025b207c551fde\tSampled: true\t\n";
        let json = r#"{"time":"t","type":"platform.report","record":{"requestId":"U","metrics":{"durationMs":1233.96,"billedDurationMs":1698,"memorySizeMB":2048,"maxMemoryUsedMB":95,"initDurationMs":542.01},"status":"success","tracing":{"value":"Root=1-6a507b87-0cc4438344b48ef127ab1931;Parent=1;Sampled=1"}}}"#;
        let (Line::Report(text), Line::Report(json)) = (classify(text), classify(json)) else { panic!("no reports") };
        assert_eq!(text, json);
        assert_eq!((text.max_used_mb, text.init), (Some(95), Some(Duration::from_secs_f64(0.54201))));
        assert_eq!(text.trace_id.as_deref(), Some("1-6a507b87-0cc4438344b48ef127ab1931"));
    }

    #[test]
    fn lines_of_lambda_the_function_and_the_collector_are_known() {
        for line in [
            "START RequestId: U Version: 3\n",
            "INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn",
            "EXTENSION\tName: collector\tState: Ready\tEvents: [INVOKE, SHUTDOWN]",
            r#"{"timestamp":"2026-11-22T08:00:00.000Z","level":"INFO","message":"stream ended"}"#,
            r#"{"level":"info","ts":1700000000.1,"msg":"Starting"}"#,
            r#"{"time":"t","type":"platform.start","record":{}}"#,
        ] {
            assert_eq!(classify(line), Line::Known, "{line}");
        }
        assert_eq!(classify("panicked at src"), Line::Odd("panicked at src".into()));
        assert_eq!(classify(r#"{"message":"no level"}"#), Line::Odd(r#"{"message":"no level"}"#.into()));
    }

    #[test]
    fn given_up_spans_count_by_trace_and_are_not_quoted() {
        let line = r#"{"timestamp":"t","level":"ERROR","resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"6b02a1000123456789abcdef01234567"}]}]}]}"#;
        assert_eq!(classify(line), Line::GivenUp(vec!["1-6b02a100-0123456789abcdef01234567".into()]));
    }

    #[test]
    fn a_token_is_never_quoted() {
        let Line::Odd(line) = classify("got user_token=eyJhbGciOi.J9.sig&x and Bearer eyJx.y.z end") else {
            panic!("known")
        };
        assert!(!line.contains("eyJ") && !line.contains("sig"), "{line}");
        assert!(line.ends_with("end"), "{line}");
    }
}
