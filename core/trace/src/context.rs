//! What an invocation carries from its first phase to its flush: its trace, its deadline, and what the process shares.

use crate::{FinishedSpan, Parent, SpanId, SpanKind, Timestamp, TraceConfig};
use std::{marker::PhantomData, sync::Arc};

/// Initial capacity for attributes: enough for most spans, so that setting them does not reallocate.
const USUAL_ATTRIBUTES: usize = 8;

/// What the two phases, the flush, and the rescue after a panic share.
pub(super) struct InvocationContext {
    pub(super) tracing: TraceConfig,
    pub(super) parent: Option<Parent>,
    pub(super) request_id: Arc<str>,
    pub(super) deadline: Timestamp,
    pub(super) is_cold_start: bool,
}

impl InvocationContext {
    pub(super) fn now(&self) -> Timestamp {
        self.tracing.clock.now()
    }

    /// Opens a span. `parent` is the segment for a phase's own span, and that span for all others.
    pub(super) fn open<P>(
        &self,
        name: &'static str,
        kind: SpanKind,
        parent: Option<SpanId>,
    ) -> Option<FinishedSpan<P>> {
        let of = self.parent?;
        let now = self.now();
        Some(FinishedSpan {
            name,
            kind,
            request_id: self.request_id.clone(),
            trace: of.trace,
            id: self.tracing.ids.span_id(),
            parent: parent.unwrap_or(of.segment),
            start: now,
            end: now,
            attributes: Vec::with_capacity(USUAL_ATTRIBUTES),
            exception: None,
            round: None,
            children: Vec::new(),
            phase: PhantomData,
        })
    }
}
