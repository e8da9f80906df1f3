//! HTTP/1.1 as this package serves it, on hyper: requests in, one response each out, and the ways to break a
//! connection.
//!
//! hyper hands over each HTTP chunk as a frame of its own, so that prelude, NUL bytes, events and trailers stay apart; a
//! chunk that reaches it in two reads is two frames. What hyper does not offer stands in [`Peer`]: a reset, and whether a
//! client hung up whose body nobody reads. It knows nothing of Lambda, OTLP or AWS.

mod peer;
mod port;
mod stale;

pub(crate) use peer::Peer;
pub(crate) use port::Port;
pub use stale::StaleConnections;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

/// Answers the request, or ends the connection without an answer.
pub(crate) type Answer = Result<Response<Full<Bytes>>, Unanswered>;

/// The connection ends without an answer: the fault asked for it, or the client is gone.
#[derive(Debug, thiserror::Error)]
#[error("ended without an answer")]
pub(crate) struct Unanswered;

impl From<hyper::Error> for Unanswered {
    fn from(_: hyper::Error) -> Self {
        Self
    }
}

/// The whole body, in one.
pub(crate) async fn whole(body: Incoming) -> Result<Bytes, hyper::Error> {
    Ok(body.collect().await?.to_bytes())
}

/// A response with a JSON body.
pub(crate) fn json(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    reply(status, "application/json", body.to_string())
}

/// A response with a body of this type.
pub(crate) fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The same response, with which the connection ends.
pub(crate) fn last(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
