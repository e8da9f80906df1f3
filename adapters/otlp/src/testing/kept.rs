//! A sink that keeps what it gets.

use async_trait::async_trait;
use lambda_trace::{
    FinishedSpan, FlushOutcome, Handler, HandlerTelemetry, LedgerEntry, StreamEnd, StreamSpans, StreamStart, Streaming,
    StreamingTelemetry, Timestamp,
};
use std::sync::{Arc, Mutex};

/// Keeps spans as they come.
#[derive(Clone, Default)]
pub struct Kept {
    /// Finished handler phases.
    pub handler: Arc<Mutex<Vec<FinishedSpan<Handler>>>>,
    pub(super) streaming: Arc<Mutex<Vec<FinishedSpan<Streaming>>>>,
}

impl HandlerTelemetry for Kept {
    fn handler_phase(&self, root: FinishedSpan<Handler>) {
        self.handler.lock().expect("lock").push(root);
    }
}

#[async_trait]
impl StreamingTelemetry for Kept {
    fn streaming_phase(&self, _: StreamStart) -> Arc<dyn StreamSpans> {
        Arc::new(self.clone())
    }
    async fn flush_retained(&self, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }
    async fn shutdown(&self) {}
}

#[async_trait]
impl StreamSpans for Kept {
    fn record(&self, span: FinishedSpan<Streaming>) {
        self.streaming.lock().expect("lock").push(span);
    }
    fn is_export_due(&self, _: Timestamp) -> bool {
        false
    }
    async fn export(&self, _: Timestamp) {}
    async fn flush(&self, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }
    fn close(&self, end: StreamEnd) -> LedgerEntry {
        LedgerEntry { created: end.created, ..LedgerEntry::default() }
    }
}
