//! The sink of spans, one method a phase: handler-phase spans become X-Ray subsegments, streaming-phase spans OTLP
//! spans, and no span fits both (FR-060).

use crate::{FinishedSpan, Handler, Parent, SpanId, Streaming, Timestamp};
use async_trait::async_trait;
use std::sync::Arc;

/// A sampled stream begins: its account in the ledger, its share of the trace budget.
#[derive(Clone, Debug)]
pub struct StreamOpened {
    /// The invocation's id.
    pub request_id: Arc<str>,
    /// Its trace and segment.
    pub parent: Parent,
    /// When `sse_stream` opened.
    pub opened_at: Timestamp,
    /// When the stream is expected to end: the earlier of deadline - margin and `stream_max`.
    pub expected_end: Timestamp,
}

/// A sampled stream is settled; the next event may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamClosed {
    /// The invocation's id.
    pub request_id: Arc<str>,
    /// Its trace and segment.
    pub parent: Parent,
    /// Spans opened in the streaming phase, `sse_stream` included. A span that was leaked was created all the same.
    pub created: u64,
    /// How long the flush took, in milliseconds.
    pub flush_ms: u64,
    /// How it went.
    pub outcome: FlushOutcome,
}

/// What became of a flush; of several, the worst. In ascending order of harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlushOutcome {
    /// All that there was is delivered.
    #[default]
    Ok,
    /// No connection, a reset, 408, 429, 5xx: retained.
    Refused,
    /// No answer within the limit: retained.
    Timeout,
    /// Another 4xx, or a partial success: what was rejected is written to the log.
    Rejected,
}

impl FlushOutcome {
    /// The name in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Rejected => "rejected",
        }
    }
}

/// Where spans go. Telemetry never fails a request: no method returns an error.
///
/// An adapter MUST
/// - own a span from the call on, and account for it: delivered, retained, logged or folded,
/// - keep the calls of one stream apart from every other stream's by their trace and request id,
/// - never block; `export` and `flush` MUST be cancel-safe: one that is dropped midway loses nothing,
/// - make ids in X-Ray's form (FR-053).
#[async_trait]
pub trait Telemetry: Send + Sync {
    /// A fresh span id.
    fn span_id(&self) -> SpanId;

    /// Handler phase: `## handler`, with its calls nested in it, once per sampled invocation.
    fn handler_phase(&self, span: FinishedSpan<Handler>);

    /// Streaming phase: a sampled stream begins. Its spans follow.
    fn stream_opened(&self, stream: StreamOpened);

    /// Streaming phase: one finished span; `sse_stream` is the last of its stream.
    fn streaming_phase(&self, span: FinishedSpan<Streaming>);

    /// Streaming phase: whether enough is buffered, or old enough, to be exported now.
    fn is_export_due(&self, now: Timestamp) -> bool;

    /// Streaming phase: sends what is due. Called while a session is awake anyway; never two at once per session.
    async fn export(&self, now: Timestamp);

    /// Sends all that is held: `of`'s own spans first, then what was retained. Waits for an export that is under way. With
    /// nothing to send it does no I/O. The caller drops it soon after `until`: what could not be over by then is not begun, since
    /// spans on their way to a collector that is no longer listened to would have to be sent again.
    async fn flush(&self, of: Option<&Arc<str>>, until: Timestamp) -> FlushOutcome;

    /// A stream is settled: writes its ledger line. What is still held of it is retained from here on.
    fn stream_closed(&self, stream: StreamClosed);

    /// The process ends: gives up what is still held, in a form that can be sent again.
    fn shutdown(&self);
}
