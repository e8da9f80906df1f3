//! A phase whose spans are discarded. Code that turns tracing off should also give every invocation an unsampled
//! context, so that no span is made only to be discarded here.

use crate::{
    FinishedSpan, FlushOutcome, Handler, HandlerTelemetry, LedgerEntry, StreamEnd, StreamSpans, StreamStart, Streaming,
    StreamingTelemetry, Timestamp,
};
use async_trait::async_trait;
use std::sync::Arc;

/// Accepts every span and keeps none: each counts as folded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Off;

impl HandlerTelemetry for Off {
    fn handler_phase(&self, _: FinishedSpan<Handler>) {}
}

#[async_trait]
impl StreamingTelemetry for Off {
    fn streaming_phase(&self, _: StreamStart) -> Arc<dyn StreamSpans> {
        Arc::new(Self)
    }

    async fn flush_retained(&self, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }

    async fn shutdown(&self) {}
}

#[async_trait]
impl StreamSpans for Off {
    fn record(&self, _: FinishedSpan<Streaming>) {}

    fn is_export_due(&self, _: Timestamp) -> bool {
        false
    }

    async fn export(&self, _: Timestamp) {}

    async fn flush(&self, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }

    fn close(&self, end: StreamEnd) -> LedgerEntry {
        LedgerEntry { created: end.created, folded: end.created, ..LedgerEntry::default() }
    }
}
