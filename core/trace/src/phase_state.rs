//! What an invocation asks of the phase it is in. Sealed: there will be no third.

use crate::{FinishedSpan, SpanKind, Timestamp, TraceId};

/// A phase of an invocation: [`crate::Handler`] or [`crate::Streaming`].
pub trait Phase: sealed::Phase {}

pub(super) mod sealed {
    use super::PhaseState;

    pub trait Phase: Sized {
        type State: PhaseState<Self>;
    }
}

/// What a phase holds, and what it does with its spans.
pub trait PhaseState<P>: Send + Sync {
    fn trace(&self) -> Option<TraceId>;
    fn is_cold_start(&self) -> bool;
    fn now(&self) -> Timestamp;
    /// Opens a span under the phase's own, and counts it; `None` where the invocation is not sampled.
    fn open(&self, name: &'static str, kind: SpanKind) -> Option<FinishedSpan<P>>;
    fn record(&self, span: FinishedSpan<P>);
    /// Whether one more failed span of this invocation is to be indexed.
    fn may_annotate_failure(&self) -> bool;
}
