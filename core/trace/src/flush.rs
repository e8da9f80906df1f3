//! The end of an invocation: one flush with a time limit, and the proofs that it took place (FR-055).
//!
//! `BodyEndPermit` allows one response body to end. `ReadyForNext` allows the loop to ask for the next event. Neither
//! can be made without a flush, and both stand for one and the same flush: it is started once, never dropped before its
//! limit, and never started again.

use crate::{
    FlushOutcome, LedgerEntry, Timestamp, TraceConfig, context::InvocationContext, recording::Recording, within,
};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared, select},
};
use std::{sync::Arc, time::Duration};

/// How long a response body waits for the flush at most.
pub const BODY_FLUSH: Duration = Duration::from_millis(500);
/// Every flush ends at least this long before the deadline.
const BEFORE_DEADLINE: Duration = Duration::from_millis(500);
/// The body stops waiting for the flush this long before the deadline.
const BODY_BEFORE_DEADLINE: Duration = Duration::from_millis(600);

/// A flush in progress.
pub(super) struct Flush {
    context: Arc<InvocationContext>,
    recording: Option<Recording>,
    began: Timestamp,
    work: Shared<BoxFuture<'static, FlushOutcome>>,
}

/// Begins the flush of an invocation. `recording` is present if the invocation is sampled and reached the streaming
/// phase.
pub(super) fn begin(context: &Arc<InvocationContext>, recording: Option<&Recording>) -> Flush {
    let began = context.now();
    let until = until(&context.tracing, began, Some(context.deadline));
    let work = bounded(context.tracing.clone(), recording.cloned(), until).boxed().shared();
    Flush { context: context.clone(), recording: recording.cloned(), began, work }
}

/// Resolves at the time limit of a flush of this invocation that begins now.
pub(super) fn limit_from_now(context: &Arc<InvocationContext>) -> impl Future<Output = ()> + Send + use<> {
    let until = until(&context.tracing, context.now(), Some(context.deadline));
    let context = context.clone();
    async move { limit(&context.tracing, until).await }
}

/// The time limit of a flush that began at `began`, unless the process is asked to stop meanwhile.
fn until(tracing: &TraceConfig, began: Timestamp, deadline: Option<Timestamp>) -> Timestamp {
    let TraceConfig { flush_timeout, shutdown_flush, shutdown, .. } = tracing;
    let timeout = if shutdown.is_asked() { flush_timeout.min(shutdown_flush) } else { flush_timeout };
    let until = began.plus(*timeout);
    deadline.map_or(until, |deadline| until.min(deadline.minus(BEFORE_DEADLINE)))
}

/// Resolves at `until`, or sooner if the process is asked to stop.
async fn limit(tracing: &TraceConfig, until: Timestamp) {
    tracing.shutdown.limit(&*tracing.clock, until, tracing.shutdown_flush).await;
}

async fn bounded(tracing: TraceConfig, recording: Option<Recording>, until: Timestamp) -> FlushOutcome {
    let flush = match &recording {
        Some(Recording { spans, .. }) => spans.flush(until),
        None => tracing.telemetry.flush_retained(until),
    };
    within(&*tracing.clock, limit(&tracing, until).boxed(), flush).await.unwrap_or(FlushOutcome::Timeout)
}

impl Flush {
    /// Waits for the flush as long as the body may.
    pub(super) async fn for_the_body(self) -> BodyEndPermit {
        let context = &self.context;
        let until = self.began.plus(BODY_FLUSH).min(context.deadline.minus(BODY_BEFORE_DEADLINE));
        let patience = context.tracing.clock.sleep_until(until);
        select(self.work.clone(), patience).await;
        BodyEndPermit(self)
    }

    /// Drives the flush to its end or its limit, then writes the ledger line.
    pub(super) async fn settle(self) -> ReadyForNext {
        let outcome = self.work.await;
        let flush_time = self.context.now().since(self.began);
        let ledger = self.recording.map(|recording| recording.close(flush_time, outcome));
        ReadyForNext { outcome, ledger }
    }
}

/// Allows one response body to end. Only `finish` makes it.
#[must_use = "the body ends with it"]
pub struct BodyEndPermit(Flush);

/// The flush of a body that has ended, still in progress up to its limit.
#[must_use = "settles the invocation"]
pub struct PendingFlush(Flush);

/// Allows the loop to ask for the next event. Only a flush makes it.
#[must_use = "the next event needs it"]
#[derive(Debug)]
pub struct ReadyForNext {
    outcome: FlushOutcome,
    ledger: Option<LedgerEntry>,
}

impl BodyEndPermit {
    /// Ends a body, which uses the proof up.
    pub fn into_pending_flush(self) -> PendingFlush {
        PendingFlush(self.0)
    }

    /// For an invocation whose body needs no proof because it was sent as a whole: a refused stream.
    pub async fn settle(self) -> ReadyForNext {
        self.0.settle().await
    }
}

impl PendingFlush {
    /// Drives the same flush to its end or its limit.
    pub async fn settle(self) -> ReadyForNext {
        self.0.settle().await
    }
}

impl ReadyForNext {
    /// The outcome of the flush.
    pub const fn outcome(&self) -> FlushOutcome {
        self.outcome
    }

    /// The ledger entry of the stream; `None` if no stream was recorded.
    pub const fn ledger(&self) -> Option<&LedgerEntry> {
        self.ledger.as_ref()
    }

    /// For a request for the next event that follows no settled invocation: the first one of a process, where the flush
    /// has nothing to send, and one after a handler that panicked, with that invocation's deadline. In the latter case
    /// the spans are recorded already, and retained spans are sent if possible.
    pub async fn without_invocation(tracing: &TraceConfig, deadline: Option<Timestamp>) -> Self {
        let until = until(tracing, tracing.clock.now(), deadline);
        Self { outcome: bounded(tracing.clone(), None, until).await, ledger: None }
    }
}
