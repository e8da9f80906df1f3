//! Brings invocation, decorators and session together: one `async move` block owns the invocation and lends it to the
//! rest, so that rustc checks that nothing outlives the invocation that it belongs to.
//!
//! The session is driven *beside* the body. If it were driven inside the body, a full socket would stop its timers, its
//! deadline and, if it leads, everybody's poll, because hyper does not poll a body that it cannot write.

mod end;
mod maintenance;
mod ports;

pub use ports::StreamPorts;

use end::{beside, drain, finish_exports, put_metrics};
use maintenance::{MeteredPoller, StreamCounter, StreamMaintenance};

use crate::{
    identity::ConnectionId,
    outbox::{Client, Reader, outbox},
    plan::Plan,
    ports::Dispatcher,
    session::{self, BackgroundTasks, SessionDeps},
    traced::{Permit, StreamRecord, TracedDispatcher, TracedMetrics, TracedPoller},
};
use futures::{FutureExt, future::BoxFuture};
use lambda_trace::{EndReason, Invocation, ReadyForNext, Streaming};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

/// The summary of a stream that is over, for one log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The id of the connection.
    pub connection_id: ConnectionId,
    /// Why the stream ended.
    pub reason: EndReason,
    /// The number of events that its reader took.
    pub events: u64,
    /// How long the stream lasted.
    pub duration: Duration,
}

/// An open stream whose session has not begun.
pub struct Opened {
    session: BoxFuture<'static, (ReadyForNext, Summary)>,
    reader: Reader,
}

/// Opens a stream. Nothing happens until both halves of [`Opened::split`] are driven.
pub fn open(
    invocation: Invocation<Streaming>,
    record: Arc<StreamRecord>,
    permit: Permit,
    ports: StreamPorts,
    plan: Plan,
) -> Opened {
    let client = Client {
        view: plan.view.clone(),
        resume: plan.resume,
        retry: plan.retry,
        done_retry: plan.done_retry,
        trace: invocation.trace(),
        started_at: ports.started_at,
    };
    let counter = StreamCounter { record: record.clone(), aggregator: ports.aggregator.clone() };
    let (writer, reader) = outbox(client, ports.clock.clone(), Arc::new(counter));
    let rescue = invocation.rescue();
    let clock = ports.clock.clone();
    let lost = Summary {
        connection_id: record.connection_id().clone(),
        reason: EndReason::Error,
        events: 0,
        duration: Duration::ZERO,
    };
    let opened_at = clock.now();
    // Boxed here, because the block below holds what it captures and what it awaits, and has room for both.
    let session = AssertUnwindSafe(run(Box::new(Parts { invocation, record, permit, ports, plan, writer })));
    let session = session.catch_unwind().boxed();
    let session = async move {
        // Of this block itself, so that it is dropped after the session that it waits for.
        let rescue = rescue;
        match session.await {
            Ok(ended) => ended,
            // A panic has closed the spans (by the guard) and aborted the body (the writer was dropped); the flush is
            // still due.
            Err(_panic) => {
                let duration = clock.now().since(opened_at);
                (rescue.settle().await, Summary { duration, ..lost })
            }
        }
    };
    Opened { session: session.boxed(), reader }
}

impl Opened {
    /// The session, which is to be driven beside the response, and the body's reader.
    pub fn split(self) -> (impl Future<Output = (ReadyForNext, Summary)> + Send + 'static, Reader) {
        (self.session, self.reader)
    }
}

/// What a session owns. Boxed on its way there: a future has room for its arguments beside what it makes of them.
struct Parts {
    invocation: Invocation<Streaming>,
    record: Arc<StreamRecord>,
    permit: Permit,
    ports: StreamPorts,
    plan: Plan,
    writer: crate::outbox::Writer,
}

/// In this order: last event, the poll in progress is cancelled, slot released, metrics, `sse_stream`, flush, end of
/// the body.
///
/// What comes after the session itself is boxed: it would otherwise take its room for as long as the stream lasts.
async fn run(parts: Box<Parts>) -> (ReadyForNext, Summary) {
    let Parts { invocation, record, permit, ports, plan, writer } = *parts;
    let opened_at = ports.clock.now();
    let (reason, mut exports) = {
        let slot = permit.hold(&invocation, &record);
        let poller = MeteredPoller::new(TracedPoller::new(&invocation, &ports.poller), &ports);
        let metrics = TracedMetrics::new(&invocation, &ports.metrics);
        let out = TracedDispatcher::new(&invocation, &writer);
        let maintenance =
            StreamMaintenance { invocation: &invocation, record: &record, ports: &ports, metrics: &metrics };
        let deps = SessionDeps {
            clock: &*ports.clock,
            random: &*ports.random,
            shared_reader: &ports.shared_reader,
            poller: &poller,
            out: &out,
            writer: &writer,
            maintenance: &maintenance,
        };
        let mut tasks = BackgroundTasks::default();
        let reason = session::run(&plan, deps, &ports.shutdown, &mut tasks).await;
        drain(reason, &plan, deps, &ports.shutdown).boxed().await;
        writer.seal();
        out.collect();
        drop(slot);
        put_metrics(&plan, &ports, &metrics, &mut tasks).boxed().await;
        (reason, tasks.exports)
    };
    let summary = Summary {
        connection_id: record.connection_id().clone(),
        reason,
        events: record.events_yielded(),
        duration: ports.clock.now().since(opened_at),
    };
    let flush_limit = invocation.flush_limit();
    // This does not compile while a span, a call in progress or the slot is alive.
    let ending = async {
        let flushed = invocation.finish(reason).await;
        writer.close(flushed).settle().await
    };
    // The flush waits for an export in progress. If that one were dropped, its spans would be sent twice.
    let settled = beside(ending.boxed(), &mut exports).await;
    // It may contain other streams' spans, for which this stream's flush does not wait.
    finish_exports(&*ports.clock, flush_limit, exports).boxed().await;
    (settled, summary)
}
