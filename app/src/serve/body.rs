//! A response's body for hyper. A stream that fails ends the connection instead of the body: it must not look complete.

use crate::handler::Body;
use bytes::Bytes;
use futures::Stream;
use hyper::body::{Frame, SizeHint};
use sse_core::outbox::Aborted;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

pub(super) struct ServedBody(Body);

impl ServedBody {
    pub(super) const fn new(body: Body) -> Self {
        Self(body)
    }

    pub(super) const fn plain(bytes: Bytes) -> Self {
        Self(Body::Plain(bytes))
    }
}

impl hyper::body::Body for ServedBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        match &mut self.0 {
            Body::Plain(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Body::Events(reader) => Pin::new(reader).poll_next(cx).map(|write| Some(write?.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Body::Plain(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Body::Plain(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Body::Events(_) => SizeHint::default(),
        }
    }
}
