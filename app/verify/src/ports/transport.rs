//! HTTP as a port: a request, and an answer whose body comes in chunks.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request};
use std::fmt;

/// No answer, or one that broke off. The text names the host, never a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// The body of an answer, as it comes.
#[async_trait]
pub trait ChunkReader: Send {
    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// The connection broke.
    async fn next(&mut self) -> Result<Option<Bytes>, TransportError>;
}

/// An answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Box<dyn ChunkReader>,
}

impl Answer {
    /// The whole body.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn read(&mut self) -> Result<Vec<u8>, TransportError> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.body.next().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.status)
    }
}

/// MUST hand chunks over as they come: streams are timed by them. MUST NOT follow redirects.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request with an absolute address.
    ///
    /// # Errors
    /// There was no answer.
    async fn send(&self, request: Request<Bytes>) -> Result<Answer, TransportError>;
}
