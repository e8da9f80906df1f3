//! The response of a handler.

use bytes::Bytes;
use futures::{future::BoxFuture, stream::BoxStream};
use http::{HeaderMap, StatusCode};
use lambda_trace::{EndReason, ReadyForNext};

/// A response, and the work that remains when its head is known.
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers. Several values of one name are joined by commas, but for `Set-Cookie`.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The work that remains; there is no next event before it is done.
    pub completion: Completion,
}

/// Why a body breaks off. The text is sent to the client in a trailer.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response.
pub enum Body {
    /// A body that is known as a whole.
    Whole(Bytes),
    /// One chunk per item. The reader decides how fast it is polled; an error ends the body with the Runtime API's
    /// error trailers.
    Stream(BoxStream<'static, Result<Bytes, BodyError>>),
}

/// The work that remains when the head of the response is known.
pub enum Completion {
    /// To be done once the response has been sent, or given up.
    AfterResponse(BoxFuture<'static, ReadyForNext>),
    /// Beside the response, which a session feeds. It has to end when its body was dropped: the client, or the Runtime API, is
    /// gone. With [`EndReason::ClientDisconnected`] what the reader has not taken is dropped.
    WithResponse(BoxFuture<'static, (ReadyForNext, EndReason)>),
}
