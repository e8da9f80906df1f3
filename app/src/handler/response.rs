//! The request and the response of a handler, in plain HTTP types.

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use lambda_trace::ReadyForNext;
use sse_core::{outbox::Reader, stream::Summary};

/// A request. It has no `Debug`, because it contains tokens.
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, as it came.
    pub path: String,
    /// The query string, as it came, without its question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
}

impl Request {
    /// A header's value, if it is text and not empty.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let text = self.headers.get(name)?.to_str().ok()?.trim();
        (!text.is_empty()).then_some(text)
    }
}

/// A response, and the work that remains.
pub struct HandlerResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The work that remains; until it is done there is no next event.
    pub work: Completion,
}

/// The body of a response.
pub enum Body {
    /// A body that is known as a whole; never empty.
    Plain(Bytes),
    /// Events, as the reader takes them.
    Events(Reader),
}

/// The work that remains.
pub enum Completion {
    /// To be done once the response has been sent.
    AfterResponse(BoxFuture<'static, ReadyForNext>),
    /// To be done beside the response: a session, or the flush of a stream that was refused.
    WithResponse(BoxFuture<'static, (ReadyForNext, Summary)>),
}
