//! No tracing at all (`SSE_TELEMETRY=off`, `OTEL_SDK_DISABLED=true`). Whoever composes the service also hands every
//! invocation an unsampled context then, so that nothing is made that would be thrown away here.

use async_trait::async_trait;
use lambda_trace::{
    FinishedSpan, FlushOutcome, Handler, SpanId, StreamClosed, StreamOpened, Streaming, Telemetry, Timestamp,
};
use std::sync::Arc;

/// Takes everything, keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Off;

#[async_trait]
impl Telemetry for Off {
    fn span_id(&self) -> SpanId {
        crate::span_id()
    }

    fn handler_phase(&self, _: FinishedSpan<Handler>) {}

    fn stream_opened(&self, _: StreamOpened) {}

    fn streaming_phase(&self, _: FinishedSpan<Streaming>) {}

    fn is_export_due(&self, _: Timestamp) -> bool {
        false
    }

    async fn export(&self, _: Timestamp) {}

    async fn flush(&self, _: Option<&Arc<str>>, _: Timestamp) -> FlushOutcome {
        FlushOutcome::Ok
    }

    fn stream_closed(&self, _: StreamClosed) {}

    fn shutdown(&self) {}
}
