//! The handle of one stream.

use super::Shared;
use crate::{
    ledger_line::ledger_line,
    stream_id::{BufferId, StreamId},
};
use async_trait::async_trait;
use lambda_trace::{
    FinishedSpan, FlushOutcome, LedgerEntry, SpanId, SpanOutline, StreamEnd, StreamSpans, StreamStart, Streaming,
    Timestamp, within,
};
use std::{sync::Arc, time::Duration};

/// The time limit of an export in mid-stream; a flush is bounded by its caller.
const EXPORT_LIMIT: Duration = Duration::from_secs(5);

/// It knows its place in the store, so nothing of a stream is looked up by name.
pub(super) struct PipelineStream {
    shared: Arc<Shared>,
    id: BufferId,
    of: StreamId,
    /// The id of the stream's own span.
    span: SpanId,
}

impl PipelineStream {
    pub(super) fn open(shared: Arc<Shared>, start: &StreamStart) -> Self {
        let of = StreamId { request_id: start.request_id.clone(), trace: start.parent.trace };
        let id = shared.store().open(start, of.clone());
        Self { shared, id, of, span: start.span }
    }
}

#[async_trait]
impl StreamSpans for PipelineStream {
    fn record(&self, span: FinishedSpan<Streaming>) {
        let is_stream = span.id == self.span;
        let given_up = self.shared.store().record(self.id, &self.of, span, is_stream);
        self.shared.give_up(&given_up);
    }

    fn fold(&self, outline: &SpanOutline<'_>) -> bool {
        self.shared.store().fold(self.id, outline)
    }

    fn is_export_due(&self, now: Timestamp) -> bool {
        // While something is being sent an export would have to wait, for an unknown time.
        self.shared.store().is_export_due(now) && self.shared.exporter.try_lock().is_some()
    }

    async fn export(&self, now: Timestamp) {
        let clock = &*self.shared.clock;
        let until = now.plus(EXPORT_LIMIT);
        within(clock, clock.sleep_until(until), Box::pin(self.shared.send_pending(until))).await;
    }

    async fn flush(&self, until: Timestamp) -> FlushOutcome {
        self.shared.send_all(Some(self.id), until).await
    }

    fn close(&self, end: StreamEnd) -> LedgerEntry {
        let Some((entry, given_up)) = self.shared.store().close(self.id, end.created) else {
            return LedgerEntry::default();
        };
        let line = ledger_line(&self.of, &entry, &end, &self.shared.emf, self.shared.clock.now());
        self.shared.lines.line(&line);
        // Spans that were displaced belong to other streams, whose late lines are due now.
        self.shared.give_up(&given_up);
        entry
    }
}
