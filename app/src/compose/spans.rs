//! The spans that are kept in memory, in the form that the page reads.

use serde_json::{Value, json};
use sse_adapters::memory::{MemoryTelemetry, Record};
use std::sync::Arc;

/// The last spans of the process.
#[derive(Clone)]
pub struct SpanList(Arc<MemoryTelemetry>);

impl SpanList {
    pub(super) const fn of(telemetry: Arc<MemoryTelemetry>) -> Self {
        Self(telemetry)
    }

    /// `{"spans":[…]}`, newest last.
    pub fn to_json(&self) -> Vec<u8> {
        let spans: Vec<_> = self.0.records().into_iter().map(span).collect();
        json!({ "spans": spans }).to_string().into_bytes()
    }
}

fn span(record: Record) -> Value {
    let mut attributes = record.attributes;
    let status = if record.error.is_some() { "error" } else { "unset" };
    if let Some((kind, message)) = record.error {
        attributes.insert("exception.type".to_owned(), kind.into());
        attributes.insert("exception.message".to_owned(), message.into());
    }
    json!({
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "parent_id": record.parent_id,
        "name": record.name,
        "kind": record.kind,
        "start_us": record.start_us,
        "end_us": record.end_us,
        "status": status,
        "attributes": attributes,
    })
}
