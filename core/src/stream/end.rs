//! The end of a stream, up to its last span: what the reader may still take, and what is still put, within limits.

use super::{maintenance::levels, ports::StreamPorts};
use crate::{
    plan::Plan,
    session::{BackgroundTasks, Exports, SessionDeps},
    traced::TracedMetrics,
};
use futures::{
    StreamExt,
    future::{Either, select},
    pin_mut,
};
use lambda_trace::{Clock, EndReason, Shutdown, within};
use std::time::Duration;

/// The reader may take the last event for this long after it was written.
const DRAIN: Duration = Duration::from_secs(1);
/// The same while the process is stopped: Lambda allows 300 ms for everything.
const DRAIN_SHUTDOWN: Duration = Duration::from_millis(50);
/// A reader takes nothing later than this before the deadline, because the flush needs the rest.
const DRAIN_BEFORE_DEADLINE: Duration = Duration::from_millis(700);
/// However near that is, a reader that reads gets what there is, for this long.
const DRAIN_AT_LEAST: Duration = Duration::from_millis(20);
/// The last PutMetricData of a stream may take this long.
const LAST_PUT: Duration = Duration::from_millis(500);
/// It is skipped if less than this is left before the deadline.
const LAST_PUT_NEEDS: Duration = Duration::from_millis(2_500);

/// Lets the reader take what is left, above all the last event.
pub(super) async fn drain(reason: EndReason, plan: &Plan, deps: SessionDeps<'_>, shutdown: &Shutdown) {
    match reason {
        EndReason::Deadline | EndReason::StreamMax | EndReason::Shutdown => {}
        EndReason::ClientDisconnected | EndReason::Error | EndReason::Rejected => return,
    }
    let now = deps.clock.now();
    let until = now.plus(DRAIN).min(plan.deadline.minus(DRAIN_BEFORE_DEADLINE));
    let until = until.max(now.plus(DRAIN_AT_LEAST));
    let limit = shutdown.limit(deps.clock, until, DRAIN_SHUTDOWN);
    pin_mut!(limit);
    select(deps.writer.drained(), limit).await;
}

/// Lets work in progress finish, within the invocation's one limit.
pub(super) async fn finish_exports(clock: &dyn Clock, limit: impl Future<Output = ()>, mut exports: Exports) {
    let rest = async { while exports.next().await.is_some() {} };
    pin_mut!(rest, limit);
    within(clock, limit, rest).await;
}

/// Does `work` while exports go on beside it.
pub(super) async fn beside<T>(work: impl Future<Output = T>, exports: &mut Exports) -> T {
    pin_mut!(work);
    while !exports.is_empty() {
        if let Either::Left((done, _)) = select(work.as_mut(), exports.next()).await {
            return done;
        }
    }
    work.await
}

/// Puts the metrics, if there is time for it.
pub(super) async fn put_metrics<'s>(
    plan: &Plan,
    ports: &StreamPorts,
    metrics: &TracedMetrics<'s>,
    tasks: &mut BackgroundTasks<'s>,
) {
    let now = ports.clock.now();
    if ports.shutdown.is_asked() || plan.deadline.since(now) < LAST_PUT_NEEDS {
        return;
    }
    let BackgroundTasks { puts, exports } = tasks;
    let work = async {
        // A batch in progress goes first: until it is done, no other may be put.
        while puts.next().await.is_some() {}
        ports.aggregator.put(now, levels(ports, now), metrics).await;
    };
    let work = beside(work, exports);
    let limit = ports.shutdown.limit(&*ports.clock, now.plus(LAST_PUT), Duration::ZERO);
    pin_mut!(work, limit);
    select(work, limit).await;
}
