//! The invocation: begun with its own trace context, switched once, ended once.

use super::{
    BodyEndPermit, EndReason, FinishedSpan, Handler, InvocationContext, Phase, ReadyForNext, Span, SpanKind, Streaming,
    TraceConfig, Value, flush, names, phase::Counts,
};
use crate::{ConnectionId, StreamOpened, Timestamp, TraceContext, TraceId};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
};

/// Failed spans beyond this many of a stream are not indexed: X-Ray indexes 50 annotations per trace.
const ANNOTATED_FAILURES_MAX: u64 = 20;

/// What is known of an invocation when it begins.
pub struct InvocationStart {
    /// From this invocation's own header, and from nowhere else (FR-059).
    pub context: TraceContext,
    /// The Runtime API's id of it.
    pub request_id: Arc<str>,
    /// Not a microsecond is spent beyond this.
    pub deadline: Timestamp,
    /// The first invocation of its process.
    pub is_cold_start: bool,
}

/// Who streams, as the spans say it. Already checked: printable ASCII, bounded.
#[derive(Clone, Debug)]
pub struct StreamIdentity {
    /// This connection.
    pub connection_id: ConnectionId,
    /// The client's session over several connections.
    pub session_id: Option<String>,
    /// The trace of the connection before this one.
    pub previous_trace_id: Option<String>,
    /// The client's count of connections.
    pub connection_sequence: Option<String>,
}

impl StreamIdentity {
    /// A client that says nothing of itself.
    pub const fn new(connection_id: ConnectionId) -> Self {
        Self { connection_id, session_id: None, previous_trace_id: None, connection_sequence: None }
    }
}

/// One invocation in one of its two phases. Neither `Clone` nor shared: whoever holds it decides its end.
#[must_use = "an invocation ends with `answer` or `finish`"]
pub struct Invocation<P: Phase> {
    pub(super) phase: P,
}

impl<P: Phase> Invocation<P> {
    /// Opens a span under the phase's own.
    pub fn span(&self, name: &'static str, kind: SpanKind) -> Span<'_, P> {
        let data = self.phase.scope().open(name, kind, self.phase.root());
        if data.is_some() {
            self.phase.count_span();
        }
        Span::new(self, data)
    }

    /// The trace, in sampled invocations.
    pub fn trace(&self) -> Option<TraceId> {
        self.phase.scope().parent.map(|p| p.trace)
    }

    /// Whether this is the first invocation of its process.
    pub fn is_cold_start(&self) -> bool {
        self.phase.scope().is_cold_start
    }

    /// The present moment of this invocation's clock.
    pub fn now(&self) -> Timestamp {
        self.phase.scope().now()
    }

    pub(super) fn record(&self, span: FinishedSpan<P>) {
        self.phase.record(span);
    }

    pub(super) fn may_annotate_error(&self) -> bool {
        self.phase.next_failure() < ANNOTATED_FAILURES_MAX
    }
}

impl Invocation<Handler> {
    /// Begins an invocation.
    pub fn begin(begin: InvocationStart, tracing: TraceConfig) -> Self {
        let InvocationStart { context, request_id, deadline, is_cold_start } = begin;
        let parent = context.into_parent(tracing.clock.now(), tracing.trace_age_max);
        let scope = Arc::new(InvocationContext { tracing, parent, request_id, deadline, is_cold_start });
        let mut root = scope.open(names::HANDLER, SpanKind::Internal, None);
        if let Some(root) = &mut root {
            root.set("ColdStart", is_cold_start);
            root.set("Service", Value::text(&scope.tracing.service));
            let annotations = ["ColdStart", "Service"].map(Cow::Borrowed);
            root.set("aws.xray.annotations", Value::List(annotations.into()));
        }
        Self { phase: Handler { scope, root, calls: Mutex::default() } }
    }

    /// The switch: closes the handler phase and opens `sse_stream`.
    pub fn into_streaming(mut self, identity: StreamIdentity, expected_end: Timestamp) -> Invocation<Streaming> {
        self.phase.close();
        let scope = self.phase.scope.clone();
        let counts = Arc::<Counts>::default();
        let mut root = scope.open(names::STREAM, SpanKind::Internal, None);
        if let (Some(parent), Some(root)) = (scope.parent, &mut root) {
            counts.created.store(1, Relaxed);
            identity.describe(root, scope.is_cold_start);
            let opened_at = root.start;
            let request_id = scope.request_id.clone();
            scope.tracing.sink.stream_opened(StreamOpened { request_id, parent, opened_at, expected_end });
        }
        Invocation { phase: Streaming { scope, root_id: root.as_ref().map(|r| r.id), root, identity, counts } }
    }

    /// Says in the handler phase's own subsegment why the request was refused: `error_type`, indexed. A word of the
    /// service's own, never a part of the request.
    pub fn refused(&mut self, error_type: &'static str) {
        if let Some(root) = &mut self.phase.root {
            root.set("error_type", error_type);
            if let Some(Value::List(keys)) = root.attribute("aws.xray.annotations").cloned() {
                let keys = keys.into_iter().chain([Cow::Borrowed("error_type")]).collect();
                root.set("aws.xray.annotations", Value::List(keys));
            }
        }
    }

    /// The other way out: 401, 404, status. The handler phase ends with this call, however long the response then takes; the future
    /// is for afterwards: spans that earlier invocations had to retain are sent after the response.
    pub fn answer(mut self) -> impl Future<Output = ReadyForNext> + Send + use<> {
        self.phase.close();
        let scope = self.phase.scope.clone();
        async move { flush::begin(&scope, None).settle().await }
    }
}

impl Invocation<Streaming> {
    /// This connection.
    pub fn connection_id(&self) -> &ConnectionId {
        &self.phase.identity.connection_id
    }

    /// Resolves when a flush that begins now is given up.
    pub fn flush_limit(&self) -> impl Future<Output = ()> + Send + use<> {
        flush::limit_from_now(&self.phase.scope)
    }

    /// The reader took one more event.
    pub fn count_event(&self) {
        self.phase.counts.yielded.fetch_add(1, Relaxed);
    }

    /// How many events the reader has taken.
    pub fn events_yielded(&self) -> u64 {
        self.phase.counts.yielded.load(Relaxed)
    }

    /// One more poll round that another stream made served this one.
    pub fn count_shared_poll(&self) {
        self.phase.counts.shared_polls.fetch_add(1, Relaxed);
    }

    /// What the rescue after a panic needs once the invocation itself is gone.
    pub fn rescue(&self) -> Rescue {
        Rescue { scope: self.phase.scope.clone(), counts: self.phase.counts.clone() }
    }

    /// Closes `sse_stream` and begins the flush. Waits until it is over, at most as long as the body may wait for it.
    pub async fn finish(mut self, why: EndReason) -> BodyEndPermit {
        self.phase.close(why);
        flush::begin(&self.phase.scope, Some(&self.phase.counts)).for_the_body().await
    }
}

/// Ends an invocation whose session panicked: its guard has closed the spans, this flushes them.
pub struct Rescue {
    scope: Arc<InvocationContext>,
    counts: Arc<Counts>,
}

impl Rescue {
    /// Flushes what the guard recorded, and writes the ledger line.
    pub async fn settle(self) -> ReadyForNext {
        flush::begin(&self.scope, Some(&self.counts)).settle().await
    }
}
