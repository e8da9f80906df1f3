//! What an invocation needs from the phase that it is in. Sealed: there are two phases.

use crate::{FinishedSpan, SpanKind, Timestamp, TraceId};

/// A phase of an invocation: [`crate::Handler`] or [`crate::Streaming`].
pub trait Phase: sealed::Phase {}

pub(super) mod sealed {
    use super::PhaseState;

    pub trait Phase: Sized {
        type State: PhaseState<Self>;
    }
}

/// The state of a phase, and what it does with its spans.
pub trait PhaseState<P>: Send + Sync {
    fn trace(&self) -> Option<TraceId>;
    fn is_cold_start(&self) -> bool;
    fn now(&self) -> Timestamp;
    /// Opens a span below the phase's own span, and counts it; `None` if the invocation is not sampled.
    fn open(&self, name: &'static str, kind: SpanKind) -> Option<FinishedSpan<P>>;
    fn record(&self, span: FinishedSpan<P>);
    /// Whether one more failed span of this invocation is to be indexed by X-Ray.
    fn may_annotate_failure(&self) -> bool;
}
