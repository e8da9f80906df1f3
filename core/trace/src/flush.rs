//! The end of an invocation: one flush, bounded, and the proofs that it took place (FR-055).
//!
//! `BodyEndPermit` lets one body end. `ReadyForNext` lets the loop ask for the next event. Neither can be made without a flush, and
//! it is one and the same flush: begun once, never dropped before its limit, never begun again.

use crate::{
    FlushOutcome, LedgerEntry, Timestamp, TraceConfig, context::InvocationContext, recording::Recording, within,
};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared, select},
};
use std::{sync::Arc, time::Duration};

/// The body waits for the flush at most this long.
pub const BODY_FLUSH: Duration = Duration::from_millis(500);
/// No flush goes on later than this before the deadline.
const BEFORE_DEADLINE: Duration = Duration::from_millis(500);
/// The body stops waiting this long before the deadline.
const BODY_BEFORE_DEADLINE: Duration = Duration::from_millis(600);

/// The flush, going on.
pub(super) struct Flush {
    context: Arc<InvocationContext>,
    recording: Option<Recording>,
    began: Timestamp,
    work: Shared<BoxFuture<'static, FlushOutcome>>,
}

/// Begins the flush of an invocation; `recording` is there where it is sampled and reached streaming.
pub(super) fn begin(context: &Arc<InvocationContext>, recording: Option<&Recording>) -> Flush {
    let began = context.now();
    let until = until(&context.tracing, began, Some(context.deadline));
    let work = bounded(context.tracing.clone(), recording.cloned(), until).boxed().shared();
    Flush { context: context.clone(), recording: recording.cloned(), began, work }
}

/// Resolves when a flush of this invocation that begins now is given up.
pub(super) fn limit_from_now(context: &Arc<InvocationContext>) -> impl Future<Output = ()> + Send + use<> {
    let until = until(&context.tracing, context.now(), Some(context.deadline));
    let context = context.clone();
    async move { limit(&context.tracing, until).await }
}

/// When a flush that began at `began` is given up, unless the process is asked to stop meanwhile.
fn until(tracing: &TraceConfig, began: Timestamp, deadline: Option<Timestamp>) -> Timestamp {
    let TraceConfig { flush_timeout, shutdown_flush, shutdown, .. } = tracing;
    let timeout = if shutdown.is_asked() { flush_timeout.min(shutdown_flush) } else { flush_timeout };
    let until = began.plus(*timeout);
    deadline.map_or(until, |deadline| until.min(deadline.minus(BEFORE_DEADLINE)))
}

/// Resolves at `until`, or sooner because the process is being stopped.
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
    /// As long as the body may wait.
    pub(super) async fn for_the_body(self) -> BodyEndPermit {
        let context = &self.context;
        let until = self.began.plus(BODY_FLUSH).min(context.deadline.minus(BODY_BEFORE_DEADLINE));
        let patience = context.tracing.clock.sleep_until(until);
        select(self.work.clone(), patience).await;
        BodyEndPermit(self)
    }

    /// To its end or its limit; then the ledger line.
    pub(super) async fn settle(self) -> ReadyForNext {
        let outcome = self.work.await;
        let flush_time = self.context.now().since(self.began);
        let ledger = self.recording.map(|recording| recording.close(flush_time, outcome));
        ReadyForNext { outcome, ledger }
    }
}

/// Lets one body end. Made by `finish` only.
#[must_use = "the body ends with it"]
pub struct BodyEndPermit(Flush);

/// The flush of a body that has ended, on its way to its limit.
#[must_use = "settles the invocation"]
pub struct PendingFlush(Flush);

/// Lets the loop ask for the next event. Made by a flush only.
#[must_use = "the next event needs it"]
#[derive(Debug)]
pub struct ReadyForNext {
    outcome: FlushOutcome,
    ledger: Option<LedgerEntry>,
}

impl BodyEndPermit {
    /// Spends the proof on a body.
    pub fn into_pending_flush(self) -> PendingFlush {
        PendingFlush(self.0)
    }

    /// For an invocation whose body needs no proof because it was sent whole: a refused stream.
    pub async fn settle(self) -> ReadyForNext {
        self.0.settle().await
    }
}

impl PendingFlush {
    /// The same flush, to its end or its limit.
    pub async fn settle(self) -> ReadyForNext {
        self.0.settle().await
    }
}

impl ReadyForNext {
    /// How the flush went.
    pub const fn outcome(&self) -> FlushOutcome {
        self.outcome
    }

    /// What became of the spans of the stream; `None` where no stream was recorded.
    pub const fn ledger(&self) -> Option<&LedgerEntry> {
        self.ledger.as_ref()
    }

    /// For a `next` with no invocation behind it that could be settled: the first of a process, where the flush finds nothing to send,
    /// and one whose handler panicked, with its deadline. Its guard has recorded its spans by then; what is retained gets its chance.
    pub async fn without_invocation(tracing: &TraceConfig, deadline: Option<Timestamp>) -> Self {
        let until = until(tracing, tracing.clock.now(), deadline);
        Self { outcome: bounded(tracing.clone(), None, until).await, ledger: None }
    }
}
