//! What a handler answers with.

use bytes::Bytes;
use futures::{future::BoxFuture, stream::BoxStream};
use http::{HeaderMap, StatusCode};
use lambda_trace::{EndReason, ReadyForNext};

/// A response, and the work that is left when its head is known.
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers. Several values of one name are joined by commas, but for `Set-Cookie`.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// What is left to do; there is no next event before it is done.
    pub completion: Completion,
}

/// Why a body breaks off. Its text goes to the client in a trailer.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response.
pub enum Body {
    /// Known as a whole.
    Whole(Bytes),
    /// A chunk an item. The reader decides how fast it is polled; an error ends the body in the Runtime API's error trailers.
    Stream(BoxStream<'static, Result<Bytes, BodyError>>),
}

/// What is left to do when the head of the response is known.
pub enum Completion {
    /// Once the response has been sent, or given up.
    AfterResponse(BoxFuture<'static, ReadyForNext>),
    /// Beside the response, which a session feeds. It has to end when its body was dropped: the client, or the Runtime API, is
    /// gone. With [`EndReason::ClientDisconnected`] what the reader has not taken is dropped.
    WithResponse(BoxFuture<'static, (ReadyForNext, EndReason)>),
}
