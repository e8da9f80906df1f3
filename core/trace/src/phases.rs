//! The two phases of an invocation, each with its own adapter (FR-060).

use crate::{
    FinishedSpan, FlushOutcome, Handler, HandlerTelemetry, StreamSpans, StreamStart, StreamingTelemetry, Telemetry,
    Timestamp,
};
use async_trait::async_trait;
use std::sync::Arc;

/// Combines the adapters of the two phases. This is the only type that implements [`Telemetry`].
///
/// ```
/// use lambda_trace::{Off, Phases, Telemetry};
/// use std::sync::Arc;
///
/// let telemetry: Arc<dyn Telemetry> = Arc::new(Phases { handler: Arc::new(Off), streaming: Arc::new(Off) });
/// ```
#[derive(Clone)]
pub struct Phases {
    /// Takes handler-phase spans, as subsegments; [`crate::Off`] if there is no daemon to send them to.
    pub handler: Arc<dyn HandlerTelemetry>,
    /// Takes the spans of streams.
    pub streaming: Arc<dyn StreamingTelemetry>,
}

impl Phases {
    /// Sends both phases to one adapter that accepts both.
    pub fn both(adapter: Arc<impl HandlerTelemetry + StreamingTelemetry + 'static>) -> Self {
        Self { handler: adapter.clone(), streaming: adapter }
    }
}

#[async_trait]
impl Telemetry for Phases {
    fn handler_phase(&self, root: FinishedSpan<Handler>) {
        self.handler.handler_phase(root);
    }

    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans> {
        self.streaming.streaming_phase(start)
    }

    async fn flush_retained(&self, until: Timestamp) -> FlushOutcome {
        self.streaming.flush_retained(until).await
    }

    async fn shutdown(&self) {
        self.streaming.shutdown().await;
    }
}
