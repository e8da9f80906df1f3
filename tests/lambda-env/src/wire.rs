//! HTTP/1.1 as this package serves it: requests in, responses out, one connection at a time.
//!
//! Why not a library: a server that is made to be correct hides what these tests are about. It merges chunks (the
//! prelude and its NUL bytes must be seen as two), drops the difference between a closed and a reset connection, and
//! goes on reading for a client that stands still. Heads are parsed by `httparse`; chunked framing, about forty lines,
//! is read here. It knows nothing of Lambda, OTLP or AWS.

mod chunked;
mod connection;
mod head;
mod port;

pub(crate) use connection::{Connection, Framing, Piece};
pub(crate) use port::Port;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

/// What this package cannot read as HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not HTTP/1.1: {0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

impl From<Malformed> for std::io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, malformed)
    }
}

/// A response with a JSON body.
pub(crate) fn json(status: StatusCode, body: &serde_json::Value) -> Response<Bytes> {
    reply(status, "application/json", body.to_string())
}

/// A response with a body of this type.
pub(crate) fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
