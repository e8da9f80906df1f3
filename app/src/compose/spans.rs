//! The spans that are kept in memory, in the form that the page reads.

use serde_json::{Value, json};
use sse_adapters::memory::{MemoryTelemetry, Record};

/// The last spans of the process.
#[derive(Clone)]
pub struct SpanList {
    memory: MemoryTelemetry,
    budget_bytes: usize,
}

impl SpanList {
    /// `budget_bytes` is what a trace would be allowed at X-Ray.
    pub(super) const fn of(memory: MemoryTelemetry, budget_bytes: usize) -> Self {
        Self { memory, budget_bytes }
    }

    /// `{"spans":[…],"budget_bytes":…}`, newest last.
    pub fn to_json(&self) -> Vec<u8> {
        let spans: Vec<_> = self.memory.records().into_iter().map(span).collect();
        json!({ "spans": spans, "budget_bytes": self.budget_bytes }).to_string().into_bytes()
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
        "phase": record.phase,
        "delivered": record.is_delivered,
        "document_bytes": record.document_bytes,
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
