//! The end of an invocation: one flush, bounded, and the proofs that it took place (FR-055).
//!
//! `BodyEndPermit` lets one body end. `ReadyForNext` lets the loop ask for the next event. Neither can be made without a flush, and
//! it is one and the same flush: begun once, never dropped before its limit, never begun again.

use super::{InvocationContext, TraceConfig, phase::Counts};
use crate::{FlushOutcome, StreamClosed, Timestamp, within};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared, select},
};
use std::sync::{Arc, atomic::Ordering::Relaxed};

/// The body waits for the flush at most this long, in milliseconds.
pub const BODY_FLUSH_MS: u64 = 500;
/// No flush goes on later than this before the deadline, in milliseconds.
const BEFORE_DEADLINE_MS: u64 = 500;
/// The body stops waiting this long before the deadline, in milliseconds.
const BODY_BEFORE_DEADLINE_MS: u64 = 600;

/// The flush, going on.
pub(super) struct Flush {
    scope: Arc<InvocationContext>,
    counts: Option<Arc<Counts>>,
    began: Timestamp,
    work: Shared<BoxFuture<'static, FlushOutcome>>,
}

/// Begins the flush of an invocation; `counts` is there where it reached streaming.
pub(super) fn begin(scope: &Arc<InvocationContext>, counts: Option<&Arc<Counts>>) -> Flush {
    let began = scope.now();
    let until = until(&scope.tracing, began, Some(scope.deadline));
    let work = bounded(scope.clone(), counts.is_some(), until).boxed().shared();
    Flush { scope: scope.clone(), counts: counts.cloned(), began, work }
}

/// Resolves when a flush of this invocation that begins now is given up.
pub(super) fn limit_from_now(scope: &Arc<InvocationContext>) -> impl Future<Output = ()> + Send + use<> {
    let until = until(&scope.tracing, scope.now(), Some(scope.deadline));
    let scope = scope.clone();
    async move { limit(&scope.tracing, until).await }
}

/// When a flush that began at `began` is given up, unless the process is asked to stop meanwhile.
fn until(tracing: &TraceConfig, began: Timestamp, deadline: Option<Timestamp>) -> Timestamp {
    let TraceConfig { flush_timeout_ms, shutdown_flush_ms, shutdown, .. } = tracing;
    let timeout_ms = if shutdown.is_asked() { flush_timeout_ms.min(shutdown_flush_ms) } else { flush_timeout_ms };
    let until = began.plus_ms(*timeout_ms);
    deadline.map_or(until, |deadline| until.min(deadline.minus_ms(BEFORE_DEADLINE_MS)))
}

/// Resolves at `until`, or sooner because the process is being stopped.
async fn limit(tracing: &TraceConfig, until: Timestamp) {
    tracing.shutdown.limit(&*tracing.clock, until, tracing.shutdown_flush_ms).await;
}

async fn bounded(scope: Arc<InvocationContext>, streamed: bool, until: Timestamp) -> FlushOutcome {
    let of = (streamed && scope.parent.is_some()).then_some(&scope.request_id);
    flush(&scope.tracing, of, until).await
}

async fn flush(tracing: &TraceConfig, of: Option<&Arc<str>>, until: Timestamp) -> FlushOutcome {
    let flushed = within(&*tracing.clock, limit(tracing, until).boxed(), tracing.sink.flush(of, until)).await;
    flushed.unwrap_or(FlushOutcome::Timeout)
}

impl Flush {
    /// As long as the body may wait.
    pub(super) async fn for_the_body(self) -> BodyEndPermit {
        let scope = &self.scope;
        let until = self.began.plus_ms(BODY_FLUSH_MS).min(scope.deadline.minus_ms(BODY_BEFORE_DEADLINE_MS));
        let patience = scope.tracing.clock.sleep_until(until);
        select(self.work.clone(), patience).await;
        BodyEndPermit(self)
    }

    /// To its end or its limit; then the ledger line.
    pub(super) async fn settle(self) -> ReadyForNext {
        let outcome = self.work.await;
        if let (Some(parent), Some(counts)) = (self.scope.parent, &self.counts) {
            self.scope.tracing.sink.stream_closed(StreamClosed {
                request_id: self.scope.request_id.clone(),
                parent,
                created: counts.created.load(Relaxed),
                flush_ms: self.scope.now().ms_since(self.began),
                outcome,
            });
        }
        ReadyForNext(outcome)
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
pub struct ReadyForNext(FlushOutcome);

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
        self.0
    }

    /// For a `next` with no invocation behind it that could be settled: the first of a process, where the flush finds nothing to send,
    /// and one whose handler panicked, with its deadline. Its guard has recorded its spans by then; what is retained gets its chance.
    pub async fn without_invocation(tracing: &TraceConfig, deadline: Option<Timestamp>) -> Self {
        Self(flush(tracing, None, until(tracing, tracing.clock.now(), deadline)).await)
    }
}
