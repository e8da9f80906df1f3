//! One invocation: handled, answered, and settled, which the next one requires.

use crate::{
    Body, Completion, Refusal, Response, StreamingHandler,
    connection::ConnectionError,
    error_report::ErrorReport,
    post_body::PostBody,
    runtime_api::{InvocationRef, RuntimeApi},
};
use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, Either, select},
};
use lambda_runtime::LambdaEvent;
use lambda_trace::{EndReason, InvocationStart, ReadyForNext, Timestamp, TraceConfig};
use std::{panic::AssertUnwindSafe, pin::pin, time::Duration};

/// Every response ends at least this long before the deadline, drained or cut.
const CUT_BEFORE_DEADLINE: Duration = Duration::from_millis(500);
/// Once the body is complete, a reader that stands still delays the invocation for no longer than this.
const READER_GRACE: Duration = Duration::from_secs(3);
/// What a reader must take of a body that is known as a whole, beyond the grace: 1 MB/s, half of what Lambda grants.
const PER_BYTE: Duration = Duration::from_micros(1);

pub(crate) struct Responder<'a> {
    api: &'a RuntimeApi,
    tracing: &'a TraceConfig,
    invocation: &'a InvocationRef,
    deadline: Timestamp,
    cut_at: Timestamp,
}

impl<'a> Responder<'a> {
    /// The limits of an invocation that begins now.
    pub(crate) fn new(
        api: &'a RuntimeApi,
        tracing: &'a TraceConfig,
        invocation: &'a InvocationRef,
        deadline: Timestamp,
    ) -> Self {
        let cut_at = cut_at(tracing.clock.now(), deadline);
        Self { api, tracing, invocation, deadline, cut_at }
    }

    pub(crate) async fn respond<H: StreamingHandler>(
        self,
        handler: &H,
        event: LambdaEvent<Bytes>,
        start: InvocationStart,
    ) -> ReadyForNext {
        let handling = AssertUnwindSafe(handler.handle(event, start)).catch_unwind();
        let outcome = match select(pin!(handling), self.reached(self.cut_at)).await {
            Either::Left((outcome, _)) => Some(outcome),
            Either::Right(_) => None,
        };
        match outcome {
            Some(Ok(Ok(response))) => self.stream(response).await,
            Some(Ok(Err(Refusal { error_type, message, settle }))) => {
                self.report(&ErrorReport::new(error_type, &message)).await;
                settle.await
            }
            Some(Err(_panic)) => self.failed(&ErrorReport::new("Runtime.HandlerPanic", "the handler panicked")).await,
            // Some platforms do not enforce the time limit, and the invocation would occupy this worker for ever.
            None => self.failed(&ErrorReport::new("Runtime.HandlerTimeout", "the handler was not done in time")).await,
        }
    }

    /// The invocation closed itself on its way out; spans that are retained are sent all the same.
    async fn failed(&self, report: &ErrorReport<'_>) -> ReadyForNext {
        self.report(report).await;
        ReadyForNext::without_invocation(self.tracing, Some(self.deadline)).await
    }

    async fn stream(&self, Response { status, headers, body, completion }: Response) -> ReadyForNext {
        let grace = grace(&body);
        let post = self.api.respond(self.invocation, PostBody::new(status, &headers, body));
        match completion {
            Completion::AfterResponse(settle) => {
                let until = self.tracing.clock.now().plus(grace).min(self.cut_at);
                self.sent(post.boxed(), until).await;
                settle.await
            }
            Completion::WithResponse(session) => self.beside(post.boxed(), session, grace).await,
        }
    }

    /// Drives the session beside the response: a socket that takes nothing must not stop its timers.
    async fn beside(
        &self,
        post: BoxFuture<'_, Result<(), ConnectionError>>,
        session: BoxFuture<'static, (ReadyForNext, EndReason)>,
        grace: Duration,
    ) -> ReadyForNext {
        match select(self.sent(post, self.cut_at).boxed(), session).await {
            // Whether it was sent, refused or cut, the body is gone, and the session ends if it has not noticed yet.
            Either::Left(((), session)) => self.until_deadline(session).await,
            Either::Right(((ready, reason), post)) => {
                let limit = self.tracing.clock.now().plus(grace);
                // A client that took nothing for so long will not take the rest either.
                if reason != EndReason::ClientDisconnected
                    && let Either::Right(_) = select(post, self.reached(limit)).await
                {
                    let request_id = &self.invocation.request_id;
                    tracing::warn!(request_id, "the response was cut: its reader took nothing after the stream's end");
                }
                ready
            }
        }
    }

    async fn until_deadline(&self, session: BoxFuture<'static, (ReadyForNext, EndReason)>) -> ReadyForNext {
        match select(session, self.reached(self.deadline)).await {
            Either::Left(((ready, _), _)) => ready,
            Either::Right(((), session)) => {
                // The guards record the spans that they hold.
                drop(session);
                tracing::error!(request_id = self.invocation.request_id, "the session did not end at its deadline");
                ReadyForNext::without_invocation(self.tracing, Some(self.deadline)).await
            }
        }
    }

    /// Dropping the POST drops its connection, and with it the body: hyper by itself would hold on to both.
    async fn sent(&self, post: BoxFuture<'_, Result<(), ConnectionError>>, until: Timestamp) {
        let request_id = &self.invocation.request_id;
        // The body is the handler's: should it panic, it is this response's end and not the worker's.
        match select(AssertUnwindSafe(post).catch_unwind(), self.reached(until)).await {
            Either::Left((Ok(Ok(())), _)) => {}
            Either::Left((Err(_panic), _)) => tracing::error!(request_id, "the response's body panicked"),
            Either::Left((Ok(Err(error)), _)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(request_id, cause, "the response was not accepted: {error}");
            }
            Either::Right(_) => tracing::warn!(request_id, "the response was cut: it was not read in time"),
        }
    }

    async fn report(&self, report: &ErrorReport<'_>) {
        let until = self.tracing.clock.now().plus(READER_GRACE).min(self.deadline);
        self.sent(self.api.error(self.invocation, report).boxed(), until).await;
    }

    fn reached(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        self.tracing.clock.sleep_until(at)
    }
}

/// Where the deadline is nearer than that from the beginning, half of what is left is for the response: a late answer is better than none.
fn cut_at(now: Timestamp, deadline: Timestamp) -> Timestamp {
    deadline.minus(CUT_BEFORE_DEADLINE).max(now.plus(deadline.since(now) / 2))
}

/// How long the rest of a body may take once nothing more is added to it.
fn grace(body: &Body) -> Duration {
    match body {
        Body::Whole(bytes) => READER_GRACE + PER_BYTE * u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        Body::Stream(_) => READER_GRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_ends_before_the_deadline() {
        let now = Timestamp::from_millis(10_000);
        assert_eq!(cut_at(now, now.plus(Duration::from_secs(9))), now.plus(Duration::from_millis(8_500)));
        assert_eq!(cut_at(now, now.plus(Duration::from_millis(600))), now.plus(Duration::from_millis(300)));
        assert_eq!(cut_at(now, now), now);
    }

    #[test]
    fn a_large_body_may_take_longer() {
        assert_eq!(grace(&Body::Whole(Bytes::new())), READER_GRACE);
        let large = Body::Whole(Bytes::from(vec![0; 2_000_000]));
        assert_eq!(grace(&large), READER_GRACE + Duration::from_secs(2));
    }
}
