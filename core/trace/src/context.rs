//! What an invocation carries from its first phase to its last word: where it belongs, its clock, its sink, its limits.

use super::{FinishedSpan, SpanKind};
use crate::{Clock, Parent, Shutdown, SpanId, TRACE_AGE_MAX, Telemetry, Timestamp};
use std::{marker::PhantomData, sync::Arc, time::Duration};

/// Room for what most spans say, so that telling them does not move them.
const USUAL_ATTRIBUTES: usize = 8;

/// What every invocation of a process shares.
#[derive(Clone)]
pub struct TraceConfig {
    /// Span times come from here.
    pub clock: Arc<dyn Clock>,
    /// Finished spans go here.
    pub sink: Arc<dyn Telemetry>,
    /// `service.name`, and the annotation `Service`.
    pub service: Arc<str>,
    /// A header whose trace began longer ago is no context: [`crate::TRACE_AGE_MAX`], unless where spans go takes less.
    pub trace_age_max: Duration,
    /// One limit per invocation, body and loop together, in milliseconds (`SSE_FLUSH_TIMEOUT_MS`).
    pub flush_timeout_ms: u64,
    /// The limit instead of it once the process is being stopped.
    pub shutdown_flush_ms: u64,
    /// The process is being stopped: of a flush that goes on no more than that limit is left.
    pub shutdown: Shutdown,
}

impl TraceConfig {
    /// With Lambda's limits: 5 s for a flush, 200 ms once the process is being stopped.
    pub fn new(clock: Arc<dyn Clock>, sink: Arc<dyn Telemetry>, service: &str) -> Self {
        let (flush_timeout_ms, shutdown_flush_ms) = (5_000, 200);
        Self {
            clock,
            sink,
            service: service.into(),
            trace_age_max: TRACE_AGE_MAX,
            flush_timeout_ms,
            shutdown_flush_ms,
            shutdown: Shutdown::default(),
        }
    }
}

/// Opaque: what the phases, the flush and the rescue share.
pub struct InvocationContext {
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

    /// Opens a span; `parent` is the segment where a phase's own span is meant.
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
            id: self.tracing.sink.span_id(),
            parent: parent.unwrap_or(of.segment),
            start: now,
            end: now,
            attributes: Vec::with_capacity(USUAL_ATTRIBUTES),
            exception: None,
            children: Vec::new(),
            phase: PhantomData,
        })
    }
}
