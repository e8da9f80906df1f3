//! The end of a stream, up to its last span: what may still be taken, and what is still put, within limits.

use super::StreamPorts;
use crate::{
    plan::Plan,
    session::{SideWork, Tools},
    telemetry::EndReason,
    traced::TracedMetrics,
};
use futures::{StreamExt, future::select, pin_mut};

/// The reader may take the last event for this long after it was written, in milliseconds.
const DRAIN_MS: u64 = 1_000;
/// The same while the process is being stopped: Lambda gives 300 ms for everything.
const DRAIN_SHUTDOWN_MS: u64 = 50;
/// No reader takes anything later than this before the deadline, in milliseconds: the flush needs the rest.
const DRAIN_BEFORE_DEADLINE_MS: u64 = 700;
/// The last PutMetricData of a stream may take this long, in milliseconds.
const LAST_PUT_MS: u64 = 500;
/// With less than this left before the deadline it is skipped, in milliseconds.
const LAST_PUT_NEEDS_MS: u64 = 2_500;

/// Lets the reader take what is left, the last event above all.
pub(super) async fn drain(reason: EndReason, plan: &Plan, tools: Tools<'_>) {
    let patience = match reason {
        EndReason::Deadline | EndReason::StreamMax => DRAIN_MS,
        EndReason::Shutdown => DRAIN_SHUTDOWN_MS,
        EndReason::ClientDisconnected | EndReason::Error | EndReason::Rejected => return,
    };
    let until = tools.clock.now().plus_ms(patience).min(plan.deadline.minus_ms(DRAIN_BEFORE_DEADLINE_MS));
    let mut limit = tools.clock.sleep_until(until);
    while tools.writer.waiting_since().is_some() {
        let progress = select(tools.writer.taken(), tools.writer.reader_gone());
        match select(progress, limit).await {
            futures::future::Either::Left((futures::future::Either::Left(_), rest)) => {
                limit = rest;
                tools.house.delivered(&tools.out.collect());
            }
            _ => return,
        }
    }
}

/// What is to be reported, while there is time for it.
pub(super) async fn put_metrics<'s>(
    reason: EndReason,
    plan: &Plan,
    ports: &StreamPorts,
    metrics: &TracedMetrics<'s>,
    mut side: SideWork<'s>,
) {
    let now = ports.clock.now();
    if reason == EndReason::Shutdown || plan.deadline.ms_since(now) < LAST_PUT_NEEDS_MS {
        return;
    }
    let work = async {
        // A batch that is under way goes first: while it does, nobody else may put.
        while side.next().await.is_some() {}
        ports.book.put(now, ports.pool.open().count(), metrics).await;
    };
    pin_mut!(work);
    select(work, ports.clock.sleep_until(now.plus_ms(LAST_PUT_MS))).await;
}
