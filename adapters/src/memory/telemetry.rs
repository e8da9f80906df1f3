//! Keeps the last spans of both phases in memory: for tests, and for the page that shows them.

use async_trait::async_trait;
use lambda_trace::{
    FinishedSpan, FlushOutcome, Handler, HandlerTelemetry, LedgerEntry, Phases, SpanId, SpanKind, StreamEnd,
    StreamSpans, StreamStart, Streaming, StreamingTelemetry, Timestamp, Value,
};
use lambda_trace_otlp::document_bytes;
use serde::Serialize;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many spans are kept, unless told otherwise.
pub const KEPT_SPANS: usize = 2_000;

/// The pipeline that a span went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordPhase {
    /// A subsegment.
    Handler,
    /// An OTLP span.
    Streaming,
}

/// One finished span in plain values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Its pipeline.
    pub phase: RecordPhase,
    /// Its invocation.
    pub request_id: String,
    /// `1-8hex-24hex`.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits.
    pub parent_id: String,
    /// Its name.
    pub name: &'static str,
    /// `internal` or `client`.
    pub kind: &'static str,
    /// Microseconds since the epoch.
    pub start_us: u64,
    /// Microseconds since the epoch.
    pub end_us: u64,
    /// In alphabetical order.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// Type and message, if it failed.
    pub error: Option<(String, String)>,
    /// Whether a flush took it; until then it is pending.
    pub is_delivered: bool,
    /// The size that the trace budget estimates for it at X-Ray, in bytes.
    pub document_bytes: usize,
}

/// A bounded store of spans.
#[derive(Clone)]
pub struct MemoryTelemetry {
    kept: usize,
    records: Arc<Mutex<VecDeque<Record>>>,
}

/// The handle of one stream.
struct MemoryStream {
    memory: MemoryTelemetry,
    request_id: Arc<str>,
    /// The stream's own.
    span: SpanId,
}

impl Default for MemoryTelemetry {
    fn default() -> Self {
        Self::new(KEPT_SPANS)
    }
}

impl MemoryTelemetry {
    /// Keeps the last `kept` spans.
    pub fn new(kept: usize) -> Self {
        Self { kept, records: Arc::default() }
    }

    /// The sink of both phases.
    pub fn sink(&self) -> Arc<Phases> {
        Arc::new(Phases::both(Arc::new(self.clone())))
    }

    /// The spans, in the order in which they ended.
    pub fn records(&self) -> Vec<Record> {
        self.locked().iter().cloned().collect()
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, record: Record) {
        let mut records = self.locked();
        records.push_back(record);
        while records.len() > self.kept {
            records.pop_front();
        }
    }
}

impl HandlerTelemetry for MemoryTelemetry {
    fn handler_phase(&self, mut root: FinishedSpan<Handler>) {
        for child in std::mem::take(&mut root.children) {
            self.add(record(child, RecordPhase::Handler));
        }
        self.add(record(root, RecordPhase::Handler));
    }
}

#[async_trait]
impl StreamingTelemetry for MemoryTelemetry {
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans> {
        Arc::new(MemoryStream { memory: self.clone(), request_id: start.request_id, span: start.span })
    }

    async fn flush_retained(&self, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }

    async fn shutdown(&self) {}
}

#[async_trait]
impl StreamSpans for MemoryStream {
    fn record(&self, span: FinishedSpan<Streaming>) {
        let is_stream = span.id == self.span;
        let mut record = record(span, RecordPhase::Streaming);
        if is_stream {
            record.attributes.insert("spans_folded".into(), 0.into());
        }
        self.memory.add(record);
    }

    fn is_export_due(&self, _: Timestamp) -> bool {
        false
    }

    async fn export(&self, _: Timestamp) {}

    async fn flush(&self, _: Timestamp) -> FlushOutcome {
        for record in self.memory.locked().iter_mut().filter(|record| *record.request_id == *self.request_id) {
            record.is_delivered = true;
        }
        FlushOutcome::Ok
    }

    /// What was flushed is where it is meant to be, for as long as there is room for it.
    fn close(&self, end: StreamEnd) -> LedgerEntry {
        LedgerEntry { created: end.created, delivered: end.created, ..LedgerEntry::default() }
    }
}

fn record<P>(span: FinishedSpan<P>, phase: RecordPhase) -> Record {
    let document_bytes = document_bytes(&span);
    let attributes = span.attributes.into_iter().map(|(key, value)| (key.to_owned(), json(value)));
    Record {
        phase,
        request_id: (*span.request_id).to_owned(),
        trace_id: span.trace.to_string(),
        span_id: span.id.to_string(),
        parent_id: span.parent.to_string(),
        name: span.name,
        kind: match span.kind {
            SpanKind::Internal => "internal",
            SpanKind::Client => "client",
        },
        start_us: span.start.micros(),
        end_us: span.end.micros(),
        attributes: attributes.collect(),
        error: span.exception.map(|e| (e.error_type.into_owned(), e.message)),
        // Subsegments leave at once.
        is_delivered: phase == RecordPhase::Handler,
        document_bytes,
    }
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Str(text) => text.into(),
        Value::Int(n) => n.into(),
        Value::Bool(b) => b.into(),
        Value::List(texts) => texts.into_iter().map(serde_json::Value::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_trace::{HANDLER_SPAN, Invocation, SpanKind, Telemetry};
    use lambda_trace_otlp::testing::{clock, end, header, names, stream};

    fn spans(records: &[Record]) -> Vec<(RecordPhase, &'static str, bool)> {
        records.iter().map(|r| (r.phase, r.name, r.is_delivered)).collect()
    }

    #[test]
    fn spans_are_pending_until_their_stream_is_flushed() {
        let memory = MemoryTelemetry::default();
        let sink: Arc<dyn Telemetry> = memory.sink();
        let stream = stream(&sink, &clock(), 1, 1_000);
        Invocation::span(&stream, names::DISPATCH, SpanKind::Internal).set("event_type", "heartbeat");
        let handler = (RecordPhase::Handler, HANDLER_SPAN, true);
        assert_eq!(spans(&memory.records()), [handler, (RecordPhase::Streaming, names::DISPATCH, false)]);
        end(stream);
        let records = memory.records();
        let dispatch = (RecordPhase::Streaming, names::DISPATCH, true);
        assert_eq!(spans(&records), [handler, dispatch, (RecordPhase::Streaming, names::STREAM, true)]);
        assert_eq!(records[1].parent_id, records[2].span_id);
        assert_eq!(records[1].trace_id, header(1)["Root=".len()..40]);
        assert_eq!(records[1].attributes["event_type"], "heartbeat");
        assert_eq!(
            (&records[2].attributes["spans_folded"], &records[0].attributes["ColdStart"]),
            (&0.into(), &true.into())
        );
    }

    #[test]
    fn the_oldest_leave_first() {
        let memory = MemoryTelemetry::new(2);
        let sink: Arc<dyn Telemetry> = memory.sink();
        end(stream(&sink, &clock(), 1, 1_000));
        end(stream(&sink, &clock(), 2, 1_000));
        let ids: Vec<_> = memory.records().into_iter().map(|r| r.request_id).collect();
        assert_eq!(ids, ["request-2", "request-2"]);
    }
}
