//! The trait that a function implements.

use crate::Response;
use bytes::Bytes;
use futures::future::BoxFuture;
use lambda_runtime::LambdaEvent;
use lambda_trace::{InvocationStart, ReadyForNext};

/// A function that streams its responses. Several invocations may be in one handler at once, each with its own trace.
pub trait StreamingHandler: Send + Sync + 'static {
    /// Handles one event up to the head of its response. `start` goes into [`lambda_trace::Invocation::begin`]: what ends that
    /// invocation yields the proof that the response's [`crate::Completion`], or the refusal, needs.
    ///
    /// A handler that panics, or is still at work 500 ms before the deadline, is dropped, and the failure reported.
    ///
    /// # Errors
    /// The event gets no response, and the error is reported to Lambda.
    fn handle(
        &self,
        event: LambdaEvent<Bytes>,
        start: InvocationStart,
    ) -> impl Future<Output = Result<Response, Refusal>> + Send;
}

/// An event that gets an error report instead of a response.
pub struct Refusal {
    /// `Function.Reason` or `Runtime.Reason`.
    pub error_type: &'static str,
    /// A message for people. It is sent to the invoker and to the platform's log, so it must contain nothing of the
    /// event.
    pub message: String,
    /// The work that remains once the report has been sent.
    pub settle: BoxFuture<'static, ReadyForNext>,
}
