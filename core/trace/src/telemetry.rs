//! The sink of spans, one method a phase: handler-phase spans become X-Ray subsegments, streaming-phase spans OTLP spans, and no
//! span fits both (FR-060).
//!
//! An adapter takes one phase, or both, by [`HandlerTelemetry`] and [`StreamingTelemetry`]. [`crate::Phases`] puts the two together
//! to the one thing that an invocation is given: a phase that was forgotten is a missing field, not spans that vanish.

use crate::{FinishedSpan, FlushOutcome, Handler, LedgerEntry, Parent, SpanId, StreamEnd, Streaming, Timestamp};
use async_trait::async_trait;
use std::sync::Arc;

/// A sampled stream begins: its account in the ledger, its share of the trace budget.
#[derive(Clone, Debug)]
pub struct StreamStart {
    /// The invocation's id.
    pub request_id: Arc<str>,
    /// Its trace and segment. Streams that are not sampled have none, and are never opened.
    pub parent: Parent,
    /// The id of the stream's own span, which is the last to be recorded, and is never folded.
    pub span: SpanId,
    /// When that span opened.
    pub opened_at: Timestamp,
    /// When the stream is expected to end.
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

/// Where the spans of both phases go. Telemetry never fails a request: no method returns an error.
#[async_trait]
pub trait Telemetry: Send + Sync {
    /// Handler phase: `## handler`, with its calls nested in it, once per sampled invocation.
    fn handler_phase(&self, root: FinishedSpan<Handler>);

    /// Streaming phase: a sampled stream begins. Its spans go to the handle.
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans>;

    /// Sends what earlier streams had to retain; for an invocation without spans of a stream to flush.
    async fn flush_retained(&self, until: Timestamp) -> FlushOutcome;

    /// The process ends: gives up what is still held, in a form that can be sent again.
    async fn shutdown(&self);
}

/// Takes handler phases.
///
/// An adapter MUST NOT block.
pub trait HandlerTelemetry: Send + Sync {
    /// See [`Telemetry::handler_phase`].
    fn handler_phase(&self, root: FinishedSpan<Handler>);
}

/// Takes streaming phases.
///
/// An adapter MUST
/// - keep the spans of one stream apart from every other stream's,
/// - never block; [`Self::flush_retained`] MUST be cancel-safe: dropped midway it loses nothing,
/// - with nothing to send do no I/O.
#[async_trait]
pub trait StreamingTelemetry: Send + Sync {
    /// See [`Telemetry::streaming_phase`].
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans>;

    /// See [`Telemetry::flush_retained`]. Its caller drops it soon after `until`.
    async fn flush_retained(&self, until: Timestamp) -> FlushOutcome;

    /// See [`Telemetry::shutdown`].
    async fn shutdown(&self);
}

/// The handle of one sampled stream: its spans go here, without a look-up.
///
/// An adapter MUST
/// - own a span from the call on, and account for it: delivered, retained, logged or folded,
/// - never block; [`Self::export`] and [`Self::flush`] MUST be cancel-safe: one that is dropped midway loses nothing.
#[async_trait]
pub trait StreamSpans: Send + Sync {
    /// One finished span. The stream's own is the last one.
    fn record(&self, span: FinishedSpan<Streaming>);

    /// Folds a span that is not made yet, if it would surely be folded. Another one of its name follows: what is kept for the last one
    /// of a name need not be kept for it. `false`, as where nothing is ever folded: it is to be made and recorded.
    fn fold(&self, _outline: &SpanOutline<'_>) -> bool {
        false
    }

    /// Whether enough is buffered, or old enough, to be exported now.
    fn is_export_due(&self, now: Timestamp) -> bool;

    /// Sends what is due, of other streams too. Called while a session is awake anyway; never two at once per session.
    async fn export(&self, now: Timestamp);

    /// Sends all that is held: this stream's own spans first, then what was retained. Waits for an export of its spans that is under
    /// way. With nothing to send it does no I/O. The caller drops it soon after `until`: what could not be over by then is not begun,
    /// since spans on their way to a collector that is no longer listened to would have to be sent again.
    async fn flush(&self, until: Timestamp) -> FlushOutcome;

    /// The stream is settled: what is still held of it is retained from here on. Whoever keeps a ledger writes its line. Once only: a
    /// second call finds an account that is closed, and returns an empty one.
    fn close(&self, end: StreamEnd) -> LedgerEntry;
}
