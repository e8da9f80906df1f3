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

/// An export in mid-stream is given up after this; a flush is bounded by its caller.
const EXPORT_LIMIT: Duration = Duration::from_secs(5);

/// Knows its place in the store: nothing of a stream is looked up by its name.
pub(super) struct PipelineStream {
    shared: Arc<Shared>,
    id: BufferId,
    of: StreamId,
    /// The stream's own.
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
        // While something is sent an export would have to wait, and nobody knows for whom and how long.
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
        // What had to make room for it belongs to other streams, whose late lines are due now.
        self.shared.give_up(&given_up);
        entry
    }
}
