//! The HTTP client of the pipeline: HTTP/1 on hyper, no TLS, no thread, one connection at a time.
//!
//! The connection is driven by the request itself, not by a task of its own: dropping the request closes the connection,
//! and nothing is sent behind the pipeline's back. Between requests nobody reads it; whether it is still good shows when
//! the next request begins. Knows nothing of spans.

mod connect;
mod connection;

use super::{
    attempt_log::AttemptLog,
    transport::{Transport, TransportError},
};
use async_trait::async_trait;
use bytes::Bytes;
pub use connect::{Connect, Io, Tcp};
use connection::{Broken, Http1Connection};
use http::{HeaderValue, Request, Response, Uri, header::HOST};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

/// A client for one collector.
pub struct HttpTransport {
    connect: Box<dyn Connect>,
    /// Survives freezes, or not: see [`Self::send`].
    kept: Mutex<Option<Http1Connection>>,
}

impl HttpTransport {
    /// Over connections of `connect`, which decides where the collector is.
    pub fn new(connect: impl Connect + 'static) -> Self {
        Self { connect: Box::new(connect), kept: Mutex::default() }
    }

    fn take(&self) -> Option<Http1Connection> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, connection: Http1Connection) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWire").finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for HttpTransport {
    /// A kept connection may have died while the process was frozen. If it broke before a byte of the answer came, the
    /// request goes out once more on a fresh one; if a byte of the request had left, the report says so.
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError> {
        let request = in_origin_form(request);
        if let Some(mut connection) = self.take()
            && connection.is_alive()
        {
            match connection.exchange(request.clone(), attempt_log).await {
                Ok(response) => {
                    if connection.is_reusable() {
                        self.keep(connection);
                    }
                    return Ok(response);
                }
                Err(Broken { error, answered: true, .. }) => return Err(TransportError::Broken(error)),
                Err(Broken { sent: true, .. }) => attempt_log.sent_again(),
                Err(_) => {}
            }
        }
        let io = self.connect.connect().await.map_err(TransportError::Connect)?;
        let mut connection = Http1Connection::open(io).await.map_err(TransportError::Broken)?;
        let response =
            (connection.exchange(request, attempt_log).await).map_err(|broken| TransportError::Broken(broken.error))?;
        if connection.is_reusable() {
            self.keep(connection);
        }
        Ok(response)
    }
}

/// The exporter names the whole URI; a server wants the path, and the authority as `Host`.
fn in_origin_form(mut request: Request<Bytes>) -> Request<Bytes> {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    if let Some(host) = authority.and_then(|a| HeaderValue::from_str(a).ok()) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    let path = request.uri().path_and_query().cloned();
    if let Some(path) = path {
        *request.uri_mut() = Uri::from(path);
    }
    request
}

#[cfg(test)]
mod tests;
