//! One worker: `next`, an invocation, `next`, until the process is to stop.

use crate::{
    handler::StreamingHandler,
    liveness::Liveness,
    next::{NextClient, NextError, NextEvent},
    responder::Responder,
    runtime_api::RuntimeApi,
};
use futures::{
    FutureExt,
    future::{Either, select},
};
use lambda_trace::{InvocationStart, ReadyForNext, Timestamp, TraceConfig, TraceContext};
use std::{
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// A deadline that has passed is unknown (some emulators send a constant): it is this long from now instead.
const UNKNOWN_DEADLINE: Duration = Duration::from_mins(1);

/// What the workers of a process share.
pub(crate) struct Shared<H> {
    pub(crate) api: Arc<RuntimeApi>,
    pub(crate) handler: H,
    pub(crate) tracing: TraceConfig,
    pub(crate) liveness: Arc<Liveness>,
    /// Whether there was an event before.
    pub(crate) is_warm: AtomicBool,
}

pub(crate) struct Worker<H>(Arc<Shared<H>>);

impl<H: StreamingHandler> Worker<H> {
    pub(crate) const fn new(shared: Arc<Shared<H>>) -> Self {
        Self(shared)
    }

    pub(crate) async fn run(self) -> Result<(), NextError> {
        let Shared { api, tracing, liveness, .. } = &*self.0;
        let mut client = NextClient::new(api.clone(), liveness.clone(), tracing.clock.clone());
        let mut ready = ReadyForNext::without_invocation(tracing, None).await;
        // Asked for between two invocations, `next` would only say that this process is ready to be frozen.
        while !tracing.shutdown.is_asked() {
            let event = match select(pin!(client.next(ready)), tracing.shutdown.asked()).await {
                Either::Left((event, _)) => event?,
                Either::Right(_) => return Ok(()),
            };
            ready = self.invocation(event).await;
        }
        Ok(())
    }

    async fn invocation(&self, NextEvent { event, invocation }: NextEvent) -> ReadyForNext {
        let Shared { api, handler, tracing, is_warm, .. } = &*self.0;
        let deadline = effective_deadline(tracing.clock.now(), Timestamp::from_millis(event.context.deadline));
        let start = InvocationStart {
            context: TraceContext::parse(event.context.xray_trace_id.as_deref()),
            request_id: event.context.request_id.as_str().into(),
            deadline,
            is_cold_start: !is_warm.swap(true, Relaxed),
        };
        let responder = Responder::new(api, tracing, &invocation, deadline);
        match AssertUnwindSafe(responder.respond(handler, event, start)).catch_unwind().await {
            Ok(ready) => ready,
            // The remaining work panicked; the guards of its spans have recorded them.
            Err(_panic) => {
                tracing::error!(request_id = invocation.request_id, "what was left to do after the handler panicked");
                ReadyForNext::without_invocation(tracing, Some(deadline)).await
            }
        }
    }
}

/// The deadline that counts: the given one, or one of our own if that has passed.
fn effective_deadline(now: Timestamp, given: Timestamp) -> Timestamp {
    if given > now { given } else { now.plus(UNKNOWN_DEADLINE) }
}
