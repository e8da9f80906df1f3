//! One invocation: handled, answered, and settled, which alone allows for the next.

use super::{
    api::{ErrorReport, InvocationRef, Response, RuntimeApi},
    connection::ConnectionError,
    event::{self, BadEvent},
    next::NextEvent,
};
use crate::{
    handler::{self, Completion, HandlerResponse, Request},
    operator_log,
    service::Service,
};
use futures::{
    FutureExt,
    future::{BoxFuture, Either, select},
};
use lambda_runtime::LambdaEvent;
use lambda_trace::{EndReason, Invocation, InvocationStart, ReadyForNext, Timestamp};
use sse_core::{plan::effective_deadline, stream::Summary};
use std::panic::AssertUnwindSafe;

/// No response goes on later than this before the deadline, drained or cut, in milliseconds.
const CUT_BEFORE_DEADLINE_MS: u64 = 500;

/// Where the deadline is nearer than that from the beginning, half of what is left is for the response: a late answer is better than none.
fn cut_at(now: Timestamp, deadline: Timestamp) -> Timestamp {
    deadline.minus_ms(CUT_BEFORE_DEADLINE_MS).max(now.plus_ms(deadline.ms_since(now) / 2))
}

pub(super) async fn run(api: &RuntimeApi, service: &Service, delivered: NextEvent) -> ReadyForNext {
    let NextEvent { event, target } = delivered;
    let LambdaEvent { payload, context, .. } = event;
    let now = service.ports.clock.now();
    let deadline = effective_deadline(now, Timestamp::from_millis(context.deadline));
    let begin = InvocationStart {
        context: service.trace_context(context.xray_trace_id.as_deref()),
        request_id: context.request_id.into(),
        deadline,
        is_cold_start: service.is_cold_start(),
    };
    let invocation = Responder { api, service, target, cut_at: cut_at(now, deadline) };
    match event::request(&payload) {
        Ok(request) => invocation.handle(&request, begin).await,
        Err(bad) => invocation.refuse(bad, begin).await,
    }
}

struct Responder<'a> {
    api: &'a RuntimeApi,
    service: &'a Service,
    target: InvocationRef,
    cut_at: Timestamp,
}

impl Responder<'_> {
    async fn handle(self, request: &Request, begin: InvocationStart) -> ReadyForNext {
        let deadline = begin.deadline;
        let handling = AssertUnwindSafe(handler::handle(self.service, request, begin));
        let Ok(handled) = handling.catch_unwind().await else {
            // The invocation closed itself on its way out; what is retained gets its chance all the same.
            self.report(&ErrorReport::new("Runtime.HandlerPanic", "the handler failed")).await;
            return ReadyForNext::without_invocation(&self.service.tracing, Some(deadline)).await;
        };
        let HandlerResponse { status, headers, body, work } = handled;
        let post = self.api.respond(&self.target, Response::new(status, &headers, body)).boxed();
        match work {
            Completion::AfterResponse(settle) => {
                self.until_cut(post).await;
                settle.await
            }
            Completion::WithResponse(session) => {
                let (settled, summary) = self.beside(post, session).await;
                operator_log::stream_ended(&self.target.request_id, &summary);
                settled
            }
        }
    }

    /// Drives the session beside the response: a socket that takes nothing must not stop its timers.
    async fn beside(
        &self,
        post: BoxFuture<'_, Result<(), ConnectionError>>,
        session: BoxFuture<'static, (ReadyForNext, Summary)>,
    ) -> (ReadyForNext, Summary) {
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
    async fn until_cut(&self, post: BoxFuture<'_, Result<(), ConnectionError>>) {
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

    async fn refuse(self, bad: BadEvent, begin: InvocationStart) -> ReadyForNext {
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
