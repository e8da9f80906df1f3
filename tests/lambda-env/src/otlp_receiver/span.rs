//! A span as it crossed the wire, from OTLP's protobuf or from an OTLP/JSON line of a log: one type for both, so that what
//! was received and what was printed can be compared. Plain values.

use std::{collections::BTreeMap, sync::Arc};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1::Span as Wire,
};
use serde_json::{Value, json};

/// Attributes by key. A key that came twice keeps its last value and is named in [`Span::repeated_keys`].
pub type Attributes = BTreeMap<String, Value>;

/// An event of a span.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanEvent {
    /// Its name.
    pub name: String,
    /// Nanoseconds since 1970.
    pub at_ns: u64,
    /// Its attributes.
    pub attributes: Attributes,
}

/// A span.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits; empty for a root.
    pub parent_id: String,
    /// Its name.
    pub name: String,
    /// As OTLP numbers them: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    pub kind: i64,
    /// Nanoseconds since 1970.
    pub start_ns: u64,
    /// Nanoseconds since 1970.
    pub end_ns: u64,
    /// As OTLP numbers them: 0 unset, 1 ok, 2 error.
    pub status: i64,
    /// The status' text.
    pub status_message: String,
    /// Its attributes.
    pub attributes: Attributes,
    /// Keys that came more than once.
    pub repeated_keys: Vec<String>,
    /// Its events.
    pub events: Vec<SpanEvent>,
    /// Links: trace and span id.
    pub links: Vec<(String, String)>,
    /// Attributes of its resource.
    pub resource: Arc<Attributes>,
    /// Name of its instrumentation scope.
    pub scope: String,
}

impl Span {
    /// An attribute as text; empty if it is not there or no text.
    pub fn text(&self, key: &str) -> &str {
        self.attributes.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// An attribute as a whole number.
    pub fn number(&self, key: &str) -> Option<i64> {
        self.attributes.get(key).and_then(Value::as_i64)
    }

    /// Every span of an export request, in order.
    pub fn of_request(request: &ExportTraceServiceRequest) -> Vec<Self> {
        let mut spans = Vec::new();
        for group in &request.resource_spans {
            let resource = group.resource.as_ref().map(|resource| attributes(&resource.attributes).0);
            let resource = Arc::new(resource.unwrap_or_default());
            for scoped in &group.scope_spans {
                let scope = scoped.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
                spans.extend(scoped.spans.iter().map(|span| Self::of_wire(span, &resource, &scope)));
            }
        }
        spans
    }

    fn of_wire(span: &Wire, resource: &Arc<Attributes>, scope: &str) -> Self {
        let (found, repeated_keys) = attributes(&span.attributes);
        let event = |event: &opentelemetry_proto::tonic::trace::v1::span::Event| SpanEvent {
            name: event.name.clone(),
            at_ns: event.time_unix_nano,
            attributes: attributes(&event.attributes).0,
        };
        let status = span.status.clone().unwrap_or_default();
        Self {
            trace_id: hex(&span.trace_id),
            span_id: hex(&span.span_id),
            parent_id: hex(&span.parent_span_id),
            name: span.name.clone(),
            kind: i64::from(span.kind),
            start_ns: span.start_time_unix_nano,
            end_ns: span.end_time_unix_nano,
            status: i64::from(status.code),
            status_message: status.message,
            attributes: found,
            repeated_keys,
            events: span.events.iter().map(event).collect(),
            links: span.links.iter().map(|link| (hex(&link.trace_id), hex(&link.span_id))).collect(),
            resource: Arc::clone(resource),
            scope: scope.to_owned(),
        }
    }
}

fn attributes(pairs: &[KeyValue]) -> (Attributes, Vec<String>) {
    let mut found = Attributes::new();
    let mut repeated = Vec::new();
    for pair in pairs {
        let value = pair.value.as_ref().map_or(Value::Null, value);
        if found.insert(pair.key.clone(), value).is_some() {
            repeated.push(pair.key.clone());
        }
    }
    (found, repeated)
}

fn value(any: &AnyValue) -> Value {
    match &any.value {
        Some(any_value::Value::StringValue(text)) => json!(text),
        Some(any_value::Value::BoolValue(flag)) => json!(flag),
        Some(any_value::Value::IntValue(number)) => json!(number),
        Some(any_value::Value::DoubleValue(number)) => json!(number),
        Some(any_value::Value::ArrayValue(array)) => array.values.iter().map(value).collect(),
        Some(any_value::Value::KvlistValue(list)) => json!(attributes(&list.values).0),
        Some(any_value::Value::BytesValue(bytes)) => json!(hex(bytes)),
        // Indexes into a string table belong to profiles; no trace carries them.
        _ => Value::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
