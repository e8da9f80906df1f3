//! One span in plain values, from OTLP/JSON or from the list that `serve` keeps in memory.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, any_value::Value as Any},
    resource::v1::Resource,
    trace::v1::{Span, status::StatusCode},
};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// The subsegment of the handler phase; what hangs below it belongs to that phase.
pub(crate) const HANDLER: &str = "## handler";

/// The phase of the invocation that a span belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Until the handler returned.
    Handler,
    /// While the response was streamed.
    Streaming,
}

/// A span, and the OTLP form that it came in, if it did.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRecord {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits; empty for a root.
    pub parent_id: String,
    /// Its name.
    pub name: String,
    /// Nanoseconds since the Unix epoch.
    pub start_ns: u64,
    /// Nanoseconds since the Unix epoch.
    pub end_ns: u64,
    /// In the order in which they were set; values as text.
    pub attributes: Vec<(String, String)>,
    /// What failed, if it failed: type and message of its exception.
    pub error: Option<String>,
    /// What is sent again.
    pub otlp: Option<(Option<Resource>, Span)>,
}

impl SpanRecord {
    /// From OTLP.
    pub(crate) fn from_otlp(resource: Option<Resource>, span: Span) -> Self {
        let exception = span.events.iter().find(|event| event.name == "exception");
        let failed = span.status.as_ref().is_some_and(|status| status.code == StatusCode::Error as i32);
        let text = |key: &str| {
            let pair = exception.and_then(|event| event.attributes.iter().find(|pair| pair.key == key));
            pair.map(|pair| text_of(pair.value.as_ref())).filter(|text| !text.is_empty())
        };
        let words: Vec<_> = ["exception.type", "exception.message"].into_iter().filter_map(text).collect();
        Self {
            trace_id: hex(&span.trace_id),
            span_id: hex(&span.span_id),
            parent_id: hex(&span.parent_span_id),
            name: span.name.clone(),
            start_ns: span.start_time_unix_nano,
            end_ns: span.end_time_unix_nano,
            attributes: span.attributes.iter().map(|p| (p.key.clone(), text_of(p.value.as_ref()))).collect(),
            error: (failed || exception.is_some()).then(|| words.join(": ")),
            otlp: Some((resource, span)),
        }
    }

    /// From an entry of `GET /_local/spans`; `None` if it has no ids or times.
    pub(crate) fn from_local(entry: &Json) -> Option<Self> {
        let text = |key: &str| entry[key].as_str().map(str::to_owned);
        let time = |key: &str| entry[key].as_u64()?.checked_mul(1_000);
        let attributes = entry["attributes"].as_object().into_iter().flatten();
        let attributes: Vec<_> = attributes.map(|(key, value)| (key.clone(), plain(value))).collect();
        let of = |key: &str| attributes.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone());
        let words: Vec<_> = ["exception.type", "exception.message"].into_iter().filter_map(of).collect();
        Some(Self {
            trace_id: text("trace_id")?.trim_start_matches("1-").replace('-', ""),
            span_id: text("span_id")?,
            parent_id: text("parent_id").unwrap_or_default(),
            name: text("name")?,
            start_ns: time("start_us")?,
            end_ns: time("end_us")?,
            error: (entry["status"] == "error").then(|| words.join(": ")),
            attributes,
            otlp: None,
        })
    }

    /// The value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// The trace id as X-Ray writes it: `1-8hex-24hex`.
    pub fn xray_trace_id(&self) -> String {
        xray_trace_id(&self.trace_id)
    }
}

fn xray_trace_id(hex: &str) -> String {
    match (hex.get(..8), hex.get(8..)) {
        (Some(epoch), Some(random)) => format!("1-{epoch}-{random}"),
        _ => hex.to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn text_of(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        None => String::new(),
        Some(Any::StringValue(text)) => text.clone(),
        Some(Any::BoolValue(yes)) => yes.to_string(),
        Some(Any::IntValue(number)) => number.to_string(),
        Some(Any::DoubleValue(number)) => number.to_string(),
        Some(Any::ArrayValue(values)) => {
            let texts: Vec<_> = values.values.iter().map(|value| text_of(Some(value))).collect();
            texts.join(", ")
        }
        Some(_) => "…".to_owned(),
    }
}
