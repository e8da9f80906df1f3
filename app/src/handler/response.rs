//! What goes into a handler and what comes out, in plain HTTP types.

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use lambda_trace::ReadyForNext;
use sse_core::{outbox::Reader, stream::Summary};

/// A request. No `Debug`: it holds tokens.
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
    /// A header's text, if it is readable and not empty.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let text = self.headers.get(name)?.to_str().ok()?.trim();
        (!text.is_empty()).then_some(text)
    }
}

/// A response, and what is left to do.
pub struct HandlerResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// What is left to do; until it is done there is no next event.
    pub work: Completion,
}

/// The body of a response.
pub enum Body {
    /// Known as a whole; never empty.
    Plain(Bytes),
    /// Events, as the reader takes them.
    Events(Reader),
}

/// What is left to do.
pub enum Completion {
    /// Once the response has been sent.
    AfterResponse(BoxFuture<'static, ReadyForNext>),
    /// Beside the response: a session, or the flush of a stream that was refused.
    WithResponse(BoxFuture<'static, (ReadyForNext, Summary)>),
}
