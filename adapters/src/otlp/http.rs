//! The HTTP client of the pipeline: HTTP/1 on hyper, no TLS, no thread, one connection at a time.
//!
//! The connection is driven by the request itself, not by a task of its own: dropping the request closes the connection,
//! and nothing is sent behind the pipeline's back. Between requests nobody reads it; whether it is still good shows when
//! the next request begins. Knows nothing of spans.

mod connect;
mod link;

use super::{
    report::Report,
    wire::{Wire, WireError},
};
use async_trait::async_trait;
use bytes::Bytes;
pub use connect::{Connect, Io, Tcp};
use http::{HeaderValue, Request, Response, Uri, header::HOST};
use link::{Broken, Link};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

/// A client for one collector.
pub struct HttpWire {
    connect: Box<dyn Connect>,
    /// Survives freezes, or not: see [`Self::send`].
    kept: Mutex<Option<Link>>,
}

impl HttpWire {
    /// Over connections of `connect`, which decides where the collector is.
    pub fn new(connect: impl Connect + 'static) -> Self {
        Self { connect: Box::new(connect), kept: Mutex::default() }
    }

    fn take(&self) -> Option<Link> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, link: Link) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
    }
}

impl fmt::Debug for HttpWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWire").finish_non_exhaustive()
    }
}

#[async_trait]
impl Wire for HttpWire {
    /// A kept connection may have died while the process was frozen. If it broke before a byte of the answer came, the
    /// request goes out once more on a fresh one; if a byte of the request had left, the report says so.
    async fn send(&self, request: Request<Bytes>, report: &Report) -> Result<Response<Bytes>, WireError> {
        let request = in_origin_form(request);
        if let Some(mut link) = self.take()
            && link.is_alive()
        {
            match link.exchange(request.clone(), report).await {
                Ok(response) => {
                    if link.is_reusable() {
                        self.keep(link);
                    }
                    return Ok(response);
                }
                Err(Broken { error, answered: true, .. }) => return Err(WireError::Broken(error)),
                Err(Broken { sent: true, .. }) => report.sent_again(),
                Err(_) => {}
            }
        }
        let io = self.connect.connect().await.map_err(WireError::Connect)?;
        let mut link = Link::open(io).await.map_err(WireError::Broken)?;
        let response = (link.exchange(request, report).await).map_err(|broken| WireError::Broken(broken.error))?;
        if link.is_reusable() {
            self.keep(link);
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
