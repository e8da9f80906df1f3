//! The streaming phase: the stream's own span, and the spans below it.

use crate::{
    EndReason, FinishedSpan, SpanId, SpanKind, StreamSpan, Streaming, Timestamp, TraceId,
    context::InvocationContext,
    phase_state::{Phase, PhaseState, sealed},
    recording::Recording,
};
use std::sync::{Arc, atomic::Ordering::Relaxed};

/// X-Ray indexes 50 annotations per trace, so failed spans beyond this number are not indexed.
const ANNOTATED_FAILURES_MAX: u64 = 20;

/// The state of an invocation in its streaming phase.
pub struct StreamingState {
    pub(super) context: Arc<InvocationContext>,
    /// The stream's own span while it is open, and the source of its attributes.
    pub(super) root: Option<FinishedSpan<Streaming>>,
    pub(super) root_id: Option<SpanId>,
    pub(super) stream_span: Arc<dyn StreamSpan>,
    /// `None` where the invocation is not sampled.
    pub(super) recording: Option<Recording>,
}

impl Phase for Streaming {}

impl sealed::Phase for Streaming {
    type State = StreamingState;
}

impl PhaseState<Streaming> for StreamingState {
    fn trace(&self) -> Option<TraceId> {
        self.context.parent.map(|parent| parent.trace)
    }

    fn is_cold_start(&self) -> bool {
        self.context.is_cold_start
    }

    fn now(&self) -> Timestamp {
        self.context.now()
    }

    fn open(&self, name: &'static str, kind: SpanKind) -> Option<FinishedSpan<Streaming>> {
        let recording = self.recording.as_ref()?;
        recording.counts.created.fetch_add(1, Relaxed);
        self.context.open(name, kind, self.root_id)
    }

    fn record(&self, span: FinishedSpan<Streaming>) {
        if let Some(recording) = &self.recording {
            recording.spans.record(span);
        }
    }

    fn may_annotate_failure(&self) -> bool {
        let failures = self.recording.as_ref().map(|recording| recording.counts.failures.fetch_add(1, Relaxed));
        failures.is_some_and(|before| before < ANNOTATED_FAILURES_MAX)
    }
}

impl StreamingState {
    pub(super) fn close(&mut self, why: EndReason) {
        let Some(mut root) = self.root.take() else { return };
        root.end = self.context.now();
        root.attributes = self.stream_span.attributes(why);
        self.record(root);
    }
}

/// The guard for a panic or an abort. In every orderly end `finish` closes the span first.
impl Drop for StreamingState {
    fn drop(&mut self) {
        self.close(if std::thread::panicking() { EndReason::Error } else { EndReason::ClientDisconnected });
    }
}
