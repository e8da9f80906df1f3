//! The handler phase: one subsegment, with its AWS calls nested in it.
//!
//! `Drop` is implemented for the state of a phase, not for `Invocation`: for one phase of `Invocation` rustc refuses it
//! (E0366), and for all phases it would forbid the move out of `self` in `into_streaming` (E0509).

use crate::{
    FinishedSpan, Handler, SpanKind, Timestamp, TraceId,
    context::InvocationContext,
    phase_state::{Phase, PhaseState, sealed},
};
use std::sync::{Arc, Mutex, PoisonError};

/// The state of an invocation in its handler phase.
pub struct HandlerState {
    pub(super) context: Arc<InvocationContext>,
    pub(super) root: Option<FinishedSpan<Handler>>,
    pub(super) calls: Mutex<Vec<FinishedSpan<Handler>>>,
}

impl Phase for Handler {}

impl sealed::Phase for Handler {
    type State = HandlerState;
}

impl PhaseState<Handler> for HandlerState {
    fn trace(&self) -> Option<TraceId> {
        self.context.parent.map(|parent| parent.trace)
    }

    fn is_cold_start(&self) -> bool {
        self.context.is_cold_start
    }

    fn now(&self) -> Timestamp {
        self.context.now()
    }

    fn open(&self, name: &'static str, kind: SpanKind) -> Option<FinishedSpan<Handler>> {
        self.context.open(name, kind, self.root.as_ref().map(|root| root.id))
    }

    fn record(&self, span: FinishedSpan<Handler>) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    fn may_annotate_failure(&self) -> bool {
        true
    }
}

impl HandlerState {
    pub(super) fn close(&mut self) {
        let Some(mut root) = self.root.take() else { return };
        root.end = self.context.now();
        root.children = std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        self.context.tracing.telemetry.handler_phase(root);
    }
}

impl Drop for HandlerState {
    fn drop(&mut self) {
        self.close();
    }
}
