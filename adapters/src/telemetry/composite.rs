//! Both phases, each to its own pipeline (FR-060): subsegments to the X-Ray daemon, OTLP spans to the collector.

use async_trait::async_trait;
use lambda_trace::{
    FinishedSpan, FlushOutcome, Handler, SpanId, StreamClosed, StreamOpened, Streaming, Telemetry, Timestamp,
};
use lambda_trace_xray::XrayDaemon;
use std::sync::Arc;

/// The handler phase to a daemon, the streaming phase to whatever takes it.
pub struct Composite {
    /// Without one, handler-phase subsegments are off.
    pub handler: Option<XrayDaemon>,
    /// Everything else. Its own idea of the handler phase is never asked.
    pub streaming: Arc<dyn Telemetry>,
}

#[async_trait]
impl Telemetry for Composite {
    fn span_id(&self) -> SpanId {
        self.streaming.span_id()
    }

    fn handler_phase(&self, span: FinishedSpan<Handler>) {
        if let Some(daemon) = &self.handler {
            daemon.send(span);
        }
    }

    fn stream_opened(&self, stream: StreamOpened) {
        self.streaming.stream_opened(stream);
    }

    fn streaming_phase(&self, span: FinishedSpan<Streaming>) {
        self.streaming.streaming_phase(span);
    }

    fn is_export_due(&self, now: Timestamp) -> bool {
        self.streaming.is_export_due(now)
    }

    async fn export(&self, now: Timestamp) {
        self.streaming.export(now).await;
    }

    async fn flush(&self, of: Option<&Arc<str>>, until: Timestamp) -> FlushOutcome {
        self.streaming.flush(of, until).await
    }

    fn stream_closed(&self, stream: StreamClosed) {
        self.streaming.stream_closed(stream);
    }

    fn shutdown(&self) {
        self.streaming.shutdown();
    }
}
