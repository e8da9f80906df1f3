//! An invocation: it begins with its own trace context, switches its phase once, and ends once.

use crate::{
    ANNOTATIONS, BodyEndPermit, EndReason, Handler, ReadyForNext, Rescue, Span, SpanKind, SpanOutline, StreamSpan,
    StreamStart, Streaming, Timestamp, TraceConfig, TraceContext, TraceId, Value,
    context::InvocationContext,
    flush,
    handler_state::HandlerState,
    phase_state::{Phase, PhaseState},
    recording::{Counts, Recording},
    streaming_state::StreamingState,
};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
};

/// The name of the handler phase's subsegment.
pub const HANDLER_SPAN: &str = "## handler";

/// What is known of an invocation when it begins.
pub struct InvocationStart {
    /// The trace context from this invocation's own header, and from nowhere else (FR-059).
    pub context: TraceContext,
    /// The request id that the Runtime API gave it.
    pub request_id: Arc<str>,
    /// The invocation's deadline. Nothing is waited for beyond it.
    pub deadline: Timestamp,
    /// Whether it is the first invocation of its process.
    pub is_cold_start: bool,
}

/// One invocation in one of its two phases. It is neither `Clone` nor shared, so its owner alone decides when it ends.
#[must_use = "an invocation ends with `answer` or `finish`"]
pub struct Invocation<P: Phase> {
    state: P::State,
}

impl<P: Phase> Invocation<P> {
    /// Opens a span below the phase's own span.
    pub fn span(&self, name: &'static str, kind: SpanKind) -> Span<'_, P> {
        Span::new(&self.state, self.state.open(name, kind))
    }

    /// The trace id, if the invocation is sampled.
    pub fn trace(&self) -> Option<TraceId> {
        self.state.trace()
    }

    /// Whether this is the first invocation of its process.
    pub fn is_cold_start(&self) -> bool {
        self.state.is_cold_start()
    }

    /// The current time of this invocation's clock.
    pub fn now(&self) -> Timestamp {
        self.state.now()
    }
}

impl Invocation<Handler> {
    /// Begins an invocation.
    pub fn begin(begin: InvocationStart, tracing: TraceConfig) -> Self {
        let InvocationStart { context, request_id, deadline, is_cold_start } = begin;
        let parent = context.into_parent(tracing.clock.now(), tracing.trace_age_max);
        let context = Arc::new(InvocationContext { tracing, parent, request_id, deadline, is_cold_start });
        let mut root = context.open(HANDLER_SPAN, SpanKind::Internal, None);
        if let Some(root) = &mut root {
            root.set("ColdStart", is_cold_start);
            root.set("Service", (*context.tracing.service).to_owned());
            root.set(ANNOTATIONS, Value::List(["ColdStart", "Service"].map(Cow::Borrowed).into()));
        }
        Self { state: HandlerState { context, root, calls: Mutex::default() } }
    }

    /// Switches to the streaming phase: closes the handler phase, and opens the stream's own span, whose attributes
    /// `stream_span` supplies when it ends. The trace budget is spread over the time up to `expected_end`.
    pub fn into_streaming(
        mut self,
        stream_span: Arc<dyn StreamSpan>,
        expected_end: Timestamp,
    ) -> Invocation<Streaming> {
        self.state.close();
        let context = self.state.context.clone();
        let root = context.open(stream_span.name(), SpanKind::Internal, None);
        let recording = context.parent.zip(root.as_ref()).map(|(parent, root)| {
            let (request_id, opened_at) = (context.request_id.clone(), root.start);
            let start = StreamStart { request_id, parent, span: root.id, opened_at, expected_end };
            let counts = Arc::<Counts>::default();
            counts.created.store(1, Relaxed);
            Recording { spans: context.tracing.telemetry.streaming_phase(start), counts }
        });
        let root_id = root.as_ref().map(|root| root.id);
        Invocation { state: StreamingState { context, root, root_id, stream_span, recording } }
    }

    /// Records in the handler phase's subsegment why the request was refused: `error_type`, indexed. It is one of the
    /// service's own names, never a part of the request.
    pub fn refused(&mut self, error_type: &'static str) {
        if let Some(root) = &mut self.state.root {
            root.set("error_type", error_type);
            if let Some(Value::List(keys)) = root.attribute(ANNOTATIONS).cloned() {
                let keys = keys.into_iter().chain([Cow::Borrowed("error_type")]).collect();
                root.set(ANNOTATIONS, Value::List(keys));
            }
        }
    }

    /// Ends an invocation that does not stream (401, 404, status). The handler phase ends with this call, however long
    /// the response takes afterwards. The future is to be driven after the response: it sends spans that earlier
    /// invocations had to retain.
    pub fn answer(mut self) -> impl Future<Output = ReadyForNext> + Send + use<> {
        self.state.close();
        let context = self.state.context.clone();
        async move { flush::begin(&context, None).settle().await }
    }
}

impl Invocation<Streaming> {
    /// Counts a span that would surely be folded, and spares its making; another one of its name has to follow at once. `false`: it is
    /// to be made.
    pub fn fold(&self, outline: &SpanOutline<'_>) -> bool {
        let Some(recording) = &self.state.recording else { return false };
        let is_folded = recording.spans.fold(outline);
        if is_folded {
            recording.counts.created.fetch_add(1, Relaxed);
        }
        is_folded
    }

    /// Exports spans of this process's streams that are due; `None` if none are. The export may outlive the invocation,
    /// whose flush waits for it.
    pub fn export_due(&self, now: Timestamp) -> Option<impl Future<Output = ()> + Send + use<>> {
        let spans = self.state.recording.as_ref().map(|recording| &recording.spans)?;
        spans.is_export_due(now).then(|| {
            let spans = spans.clone();
            async move { spans.export(now).await }
        })
    }

    /// Resolves at the time limit of a flush that begins now.
    pub fn flush_limit(&self) -> impl Future<Output = ()> + Send + use<> {
        flush::limit_from_now(&self.state.context)
    }

    /// What the rescue after a panic needs when the invocation itself is gone.
    pub fn rescue(&self) -> Rescue {
        Rescue { context: self.state.context.clone(), recording: self.state.recording.clone() }
    }

    /// Closes the stream's own span and begins the flush. Waits until it is over, but no longer than the body may wait
    /// for it.
    pub async fn finish(mut self, why: EndReason) -> BodyEndPermit {
        self.state.close(why);
        flush::begin(&self.state.context, self.state.recording.as_ref()).for_the_body().await
    }
}
