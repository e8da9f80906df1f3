//! The port for finished spans, with one method per phase: handler-phase spans become X-Ray subsegments,
//! streaming-phase spans become OTLP spans, and no span fits both (FR-060).
//!
//! An adapter implements [`HandlerTelemetry`], [`StreamingTelemetry`], or both. [`crate::Phases`] combines two adapters
//! into what an invocation is given, so an adapter that was forgotten is a missing field, not spans that disappear.

use crate::{FinishedSpan, FlushOutcome, Handler, LedgerEntry, Parent, SpanId, StreamEnd, Streaming, Timestamp};
use async_trait::async_trait;
use std::sync::Arc;

/// What an adapter needs to know of a sampled stream that begins: its entry in the ledger, and its trace budget.
#[derive(Clone, Debug)]
pub struct StreamStart {
    /// The request id of the invocation.
    pub request_id: Arc<str>,
    /// The invocation's trace and segment. Streams that are not sampled have none, and are never opened.
    pub parent: Parent,
    /// The id of the stream's own span, which is recorded last, and never folded.
    pub span: SpanId,
    /// The start time of that span.
    pub opened_at: Timestamp,
    /// The time at which the stream is expected to end.
    pub expected_end: Timestamp,
}

/// What is known of a span before it is made.
#[derive(Clone, Copy, Debug)]
pub struct SpanOutline<'a> {
    /// Its name.
    pub name: &'static str,
    /// The attribute by which spans of this name differ in kind, and its value.
    pub kind: (&'static str, &'a str),
    /// When it ended.
    pub end: Timestamp,
}

/// Where the spans of both phases go. Telemetry never makes a request fail: no method returns an error.
#[async_trait]
pub trait Telemetry: Send + Sync {
    /// Handler phase: takes `## handler` with its calls nested in it, once per sampled invocation.
    fn handler_phase(&self, root: FinishedSpan<Handler>);

    /// Streaming phase: a sampled stream begins. Its spans go to the handle that is returned.
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans>;

    /// Sends what earlier streams had to retain, for an invocation that has no spans of a stream to flush.
    async fn flush_retained(&self, until: Timestamp) -> FlushOutcome;

    /// The process ends: gives up the spans that are still held, in a form from which they can be sent again.
    async fn shutdown(&self);
}

/// An adapter for the handler phase.
///
/// An adapter MUST NOT block.
pub trait HandlerTelemetry: Send + Sync {
    /// See [`Telemetry::handler_phase`].
    fn handler_phase(&self, root: FinishedSpan<Handler>);
}

/// An adapter for the streaming phase.
///
/// An adapter MUST
/// - keep the spans of one stream apart from every other stream's,
/// - never block; [`Self::flush_retained`] MUST be cancel-safe: if it is dropped, nothing is lost,
/// - do no I/O if there is nothing to send.
#[async_trait]
pub trait StreamingTelemetry: Send + Sync {
    /// See [`Telemetry::streaming_phase`].
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans>;

    /// See [`Telemetry::flush_retained`]. The caller drops the future soon after `until`.
    async fn flush_retained(&self, until: Timestamp) -> FlushOutcome;

    /// See [`Telemetry::shutdown`].
    async fn shutdown(&self);
}

/// The handle of one sampled stream. Its spans go here, so no look-up by request id is needed.
///
/// An adapter MUST
/// - account for every span from the call on: delivered, retained, logged or folded,
/// - never block; [`Self::export`] and [`Self::flush`] MUST be cancel-safe: if one is dropped, nothing is lost.
#[async_trait]
pub trait StreamSpans: Send + Sync {
    /// Takes one finished span. The stream's own is the last one.
    fn record(&self, span: FinishedSpan<Streaming>);

    /// Folds a span that is not made yet, if it would surely be folded. Another one of its name follows: what is kept for the last one
    /// of a name need not be kept for it. `false`, as where nothing is ever folded: it is to be made and recorded.
    fn fold(&self, _outline: &SpanOutline<'_>) -> bool {
        false
    }

    /// Whether enough spans are buffered, or the oldest is old enough, to export now.
    fn is_export_due(&self, now: Timestamp) -> bool;

    /// Sends what is due, of other streams as well. It is called when a session is awake anyway, and never twice at a
    /// time by one session.
    async fn export(&self, now: Timestamp);

    /// Sends all spans that are held: this stream's own first, then what was retained. Waits for an export of its spans
    /// that is in progress. Does no I/O if there is nothing to send. The caller drops the future soon after `until`; an
    /// attempt that could not be over by then is not begun, because spans sent to a collector whose response is not
    /// read would have to be sent again.
    async fn flush(&self, until: Timestamp) -> FlushOutcome;

    /// Settles the stream: spans still held are retained from here on, and an adapter that keeps a ledger writes the
    /// stream's line. It is effective once: a second call finds a closed entry, and returns an empty one.
    fn close(&self, end: StreamEnd) -> LedgerEntry;
}
