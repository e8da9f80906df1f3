//! The HTTP client of the pipeline: HTTP/1 on hyper, no thread, a fresh connection for each attempt.
//!
//! A kept connection may have died while the process was frozen, and a request that breaks on it may or may not have
//! arrived. A fresh connection costs 0.1 ms on loopback, and an attempt is then made once or not at all. The request
//! itself drives its connection, not a task: dropping the request closes the connection, and nothing is sent without
//! the pipeline's knowledge. Knows nothing of spans.

mod connect;
mod connection;

use super::{
    attempt_log::AttemptLog,
    transport::{Transport, TransportError},
};
use async_trait::async_trait;
use bytes::Bytes;
pub use connect::{Connect, Io, Tcp};
use http::{
    HeaderValue, Request, Response, Uri,
    header::{CONNECTION, HOST},
};
use std::fmt;

/// A client for one collector.
pub struct HttpTransport {
    connect: Box<dyn Connect>,
}

impl HttpTransport {
    /// Uses connections of `connect`, which decides where the collector is.
    pub fn new(connect: impl Connect + 'static) -> Self {
        Self { connect: Box::new(connect) }
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError> {
        let io = self.connect.connect().await.map_err(TransportError::Connect)?;
        connection::exchange(io, in_origin_form(request), attempt_log).await.map_err(TransportError::Broken)
    }
}

/// The exporter gives the whole URI; a server expects the path, and the authority as `Host`.
fn in_origin_form(mut request: Request<Bytes>) -> Request<Bytes> {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    if let Some(host) = authority.and_then(|a| HeaderValue::from_str(a).ok()) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    let path = request.uri().path_and_query().cloned();
    if let Some(path) = path {
        *request.uri_mut() = Uri::from(path);
    }
    request
}

#[cfg(test)]
mod tests;
