//! One invocation: handled, answered, and settled, which alone allows for the next.

use super::{
    api::{ErrorReport, Response, RuntimeApi, Target},
    event::{self, BadEvent},
    link::LinkError,
    next::Delivered,
};
use crate::{
    handler::{self, Handled, Request, Work},
    journal,
    service::Service,
};
use futures::{
    FutureExt,
    future::{BoxFuture, Either, select},
};
use lambda_runtime::LambdaEvent;
use sse_core::{
    plan::effective_deadline,
    stream::Summary,
    telemetry::{Begin, EndReason, Invocation, Settled},
    time::Timestamp,
};
use std::panic::AssertUnwindSafe;

/// No response goes on later than this before the deadline, drained or cut, in milliseconds.
const CUT_BEFORE_DEADLINE_MS: u64 = 500;

/// Where the deadline is nearer than that from the beginning, half of what is left is for the response: a late answer is better than none.
fn cut_at(now: Timestamp, deadline: Timestamp) -> Timestamp {
    deadline.minus_ms(CUT_BEFORE_DEADLINE_MS).max(now.plus_ms(deadline.ms_since(now) / 2))
}

pub(super) async fn run(api: &RuntimeApi, service: &Service, delivered: Delivered) -> Settled {
    let Delivered { event, target } = delivered;
    let LambdaEvent { payload, context, .. } = event;
    let now = service.ports.clock.now();
    let deadline = effective_deadline(now, Timestamp::from_millis(context.deadline));
    let begin = Begin {
        context: service.trace_context(context.xray_trace_id.as_deref()),
        request_id: context.request_id.into(),
        deadline,
        is_cold_start: service.is_cold_start(),
    };
    let invocation = Posting { api, service, target, cut_at: cut_at(now, deadline) };
    match event::request(&payload) {
        Ok(request) => invocation.handle(&request, begin).await,
        Err(bad) => invocation.refuse(bad, begin).await,
    }
}

struct Posting<'a> {
    api: &'a RuntimeApi,
    service: &'a Service,
    target: Target,
    cut_at: Timestamp,
}

impl Posting<'_> {
    async fn handle(self, request: &Request, begin: Begin) -> Settled {
        let deadline = begin.deadline;
        let handling = AssertUnwindSafe(handler::handle(self.service, request, begin));
        let Ok(handled) = handling.catch_unwind().await else {
            // The invocation closed itself on its way out; what is retained gets its chance all the same.
            self.report(&ErrorReport::new("Runtime.HandlerPanic", "the handler failed")).await;
            return Settled::without_invocation(&self.service.tracing, Some(deadline)).await;
        };
        let Handled { status, headers, body, work } = handled;
        let post = self.api.respond(&self.target, Response::new(status, &headers, body)).boxed();
        match work {
            Work::After(settle) => {
                self.until_cut(post).await;
                settle.await
            }
            Work::Beside(session) => {
                let (settled, summary) = self.beside(post, session).await;
                journal::stream_ended(&self.target.request_id, &summary);
                settled
            }
        }
    }

    /// Drives the session beside the response: a socket that takes nothing must not stop its timers.
    async fn beside(
        &self,
        post: BoxFuture<'_, Result<(), LinkError>>,
        session: BoxFuture<'static, (Settled, Summary)>,
    ) -> (Settled, Summary) {
        match select(self.until_cut(post).boxed(), session).await {
            // Sent, refused or cut: in any case the body is gone, and the session ends if it did not know yet.
            Either::Left(((), session)) => session.await,
            Either::Right((ended, post)) => {
                // A client that took nothing for so long takes the rest neither.
                if ended.1.reason != EndReason::ClientDisconnected {
                    post.await;
                }
                ended
            }
        }
    }

    /// Dropping the POST drops its connection, and with it the body: hyper by itself would hold on to both.
    async fn until_cut(&self, post: BoxFuture<'_, Result<(), LinkError>>) {
        let limit = self.service.ports.clock.sleep_until(self.cut_at);
        let request_id = &self.target.request_id;
        // The body encodes events: should that panic, it is this stream's end and not the process's.
        match select(AssertUnwindSafe(post).catch_unwind(), limit).await {
            Either::Left((Ok(Ok(())), _)) => {}
            Either::Left((Err(_panic), _)) => tracing::error!(request_id, "the response panicked"),
            Either::Left((Ok(Err(error)), _)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(request_id, cause, "the response was not taken: {error}");
            }
            Either::Right(_) => {
                tracing::warn!(request_id, "the response was cut: it was not taken before the deadline");
            }
        }
    }

    async fn refuse(self, bad: BadEvent, begin: Begin) -> Settled {
        let invocation = Invocation::begin(begin, self.service.tracing.clone());
        tracing::error!(request_id = self.target.request_id, "{bad}");
        self.report(&ErrorReport::new(BadEvent::TYPE, &bad.to_string())).await;
        invocation.answer().await
    }

    async fn report(&self, report: &ErrorReport<'_>) {
        let post = self.api.error(&self.target, report);
        self.until_cut(post.boxed()).await;
    }
}
