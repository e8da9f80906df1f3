//! The two phases and what each holds. Sealed: there will be no third.
//!
//! `Drop` sits on the phase state, not on `Invocation`: on one phase of it rustc refuses it (E0366), and on all of
//! them it would forbid the move out of `self` in `into_streaming` (E0509).

use super::{FinishedSpan, InvocationContext, StreamIdentity, Value, names};
use crate::SpanId;
use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The invocation's deadline came near.
    Deadline,
    /// `SSE_STREAM_MAX_MS` is over.
    StreamMax,
    /// The process is being stopped.
    Shutdown,
    /// The reader went away, stood still too long, or the Runtime API refused it.
    ClientDisconnected,
    /// It failed.
    Error,
    /// No slot was free.
    Rejected,
}

impl EndReason {
    /// The name in spans and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::StreamMax => "stream_max",
            Self::Shutdown => "shutdown",
            Self::ClientDisconnected => "client_disconnected",
            Self::Error => "error",
            Self::Rejected => "rejected",
        }
    }
}

/// A phase of an invocation.
pub trait Phase: sealed::Phase {}

pub(super) mod sealed {
    use super::{FinishedSpan, InvocationContext, SpanId};

    pub trait Phase: Sized + Send + Sync {
        fn scope(&self) -> &InvocationContext;
        /// The id of the phase's own span.
        fn root(&self) -> Option<SpanId>;
        fn count_span(&self);
        fn record(&self, span: FinishedSpan<Self>);
        /// How many failed spans came before this one.
        fn next_failure(&self) -> u64;
    }
}

/// Before the response: spans become X-Ray subsegments.
pub struct Handler {
    pub(super) scope: Arc<InvocationContext>,
    pub(super) root: Option<FinishedSpan<Handler>>,
    pub(super) calls: Mutex<Vec<FinishedSpan<Handler>>>,
}

/// After the status line: spans become OTLP spans.
pub struct Streaming {
    pub(super) scope: Arc<InvocationContext>,
    pub(super) root_id: Option<SpanId>,
    pub(super) root: Option<FinishedSpan<Streaming>>,
    pub(super) identity: StreamIdentity,
    pub(super) counts: Arc<Counts>,
}

/// What a stream counts while it runs.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) created: AtomicU64,
    pub(super) yielded: AtomicU64,
    pub(super) shared_polls: AtomicU64,
    pub(super) failures: AtomicU64,
}

impl Phase for Handler {}
impl Phase for Streaming {}

impl sealed::Phase for Handler {
    fn scope(&self) -> &InvocationContext {
        &self.scope
    }
    fn root(&self) -> Option<SpanId> {
        self.root.as_ref().map(|root| root.id)
    }
    fn count_span(&self) {}
    fn record(&self, span: FinishedSpan<Self>) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }
    fn next_failure(&self) -> u64 {
        0
    }
}

impl sealed::Phase for Streaming {
    fn scope(&self) -> &InvocationContext {
        &self.scope
    }
    fn root(&self) -> Option<SpanId> {
        self.root_id
    }
    fn count_span(&self) {
        self.counts.created.fetch_add(1, Relaxed);
    }
    fn record(&self, span: FinishedSpan<Self>) {
        self.scope.tracing.sink.streaming_phase(span);
    }
    fn next_failure(&self) -> u64 {
        self.counts.failures.fetch_add(1, Relaxed)
    }
}

impl Handler {
    pub(super) fn close(&mut self) {
        let Some(mut root) = self.root.take() else { return };
        root.end = self.scope.now();
        root.children = std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        self.scope.tracing.sink.handler_phase(root);
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.close();
    }
}

impl Streaming {
    pub(super) fn close(&mut self, why: EndReason) {
        let Some(mut root) = self.root.take() else { return };
        root.end = self.scope.now();
        root.set("end_reason", why.as_str());
        root.set("events_yielded", self.counts.yielded.load(Relaxed));
        root.set("polls_shared", self.counts.shared_polls.load(Relaxed));
        let keys = ["connection_id", "end_reason", "is_cold_start", "session_id", "previous_trace_id"];
        let present = keys.into_iter().filter(|k| root.attribute(k).is_some());
        root.set("aws.xray.annotations", Value::List(present.map(Cow::Borrowed).collect()));
        self.scope.tracing.sink.streaming_phase(root);
    }
}

/// The guard, for panic and abort only: every orderly way out goes through `finish`.
impl Drop for Streaming {
    fn drop(&mut self) {
        self.close(if std::thread::panicking() { EndReason::Error } else { EndReason::ClientDisconnected });
    }
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl StreamIdentity {
    pub(super) fn describe(&self, root: &mut FinishedSpan<Streaming>, is_cold_start: bool) {
        debug_assert_eq!(root.name, names::STREAM);
        root.set("connection_id", Value::text(self.connection_id.as_str()));
        root.set("is_cold_start", is_cold_start);
        let optional = [
            ("session_id", &self.session_id),
            ("previous_trace_id", &self.previous_trace_id),
            ("connection_sequence", &self.connection_sequence),
        ];
        for (key, value) in optional {
            if let Some(text) = value {
                root.set(key, Value::text(text));
            }
        }
    }
}
