//! One HTTP/1 connection, driven by whoever uses it, and its account of bytes.

use super::{AttemptLog, connect::Io};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{Connection, SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// An answer longer than this says nothing that matters here, in bytes.
const ANSWER_BYTES_MAX: usize = 65_536;

/// An open connection.
pub(super) struct Http1Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Connection<TokioIo<Counted>, Full<Bytes>>,
    is_over: bool,
    traffic: Arc<Traffic>,
}

/// The connection broke before the answer was complete.
pub(super) struct Broken {
    pub(super) error: hyper::Error,
    /// A byte of the request had left.
    pub(super) sent: bool,
    /// A byte of an answer had come.
    pub(super) answered: bool,
}

#[derive(Default)]
struct Traffic {
    written: AtomicU64,
    read: AtomicU64,
}

impl Http1Connection {
    pub(super) async fn open(io: Box<dyn Io>) -> Result<Self, hyper::Error> {
        let traffic = Arc::<Traffic>::default();
        let counted = Counted { io, traffic: traffic.clone() };
        let (sender, driver) = handshake(TokioIo::new(counted)).await?;
        Ok(Self { sender, driver, is_over: false, traffic })
    }

    /// Whether the other side has not hung up since the last answer, as far as this side has heard.
    pub(super) fn is_alive(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.is_over && !self.sender.is_closed()
    }

    /// Whether another request can follow.
    pub(super) fn is_reusable(&mut self) -> bool {
        self.is_alive() && self.sender.is_ready()
    }

    /// Sends a request and reads its answer.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Bytes>,
        attempt_log: &AttemptLog,
    ) -> Result<Response<Bytes>, Broken> {
        let traffic = self.traffic.clone();
        let (written, read) = (traffic.written.load(Relaxed), traffic.read.load(Relaxed));
        let is_sent = || traffic.written.load(Relaxed) > written;
        // The request is handed over here, before anything is awaited: from now on it needs the driver only.
        let response = self.sender.send_request(request.map(Full::new));
        let mut answer = pin!(async { collect(response.await?).await });
        let (driver, is_over) = (&mut self.driver, &mut self.is_over);
        let result = poll_fn(|cx| {
            if !*is_over {
                *is_over = Pin::new(&mut *driver).poll(cx).is_ready();
            }
            if is_sent() {
                attempt_log.sent();
            }
            match answer.as_mut().poll(cx) {
                Poll::Ready(result) => Poll::Ready(result),
                // What the answer consumed makes room for more; the driver has to see it.
                Poll::Pending if !*is_over && Pin::new(&mut *driver).poll(cx).is_ready() => {
                    *is_over = true;
                    answer.as_mut().poll(cx)
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        result.map_err(|error| Broken { error, sent: is_sent(), answered: traffic.read.load(Relaxed) > read })
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.is_over {
            self.is_over = Pin::new(&mut self.driver).poll(cx).is_ready();
        }
    }
}

async fn collect(response: Response<Incoming>) -> Result<Response<Bytes>, hyper::Error> {
    let (head, mut body) = response.into_parts();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data()
            && whole.len() + data.len() <= ANSWER_BYTES_MAX
        {
            whole.extend_from_slice(&data);
        }
    }
    Ok(Response::from_parts(head, whole.into()))
}

/// Counts what passes.
struct Counted {
    io: Box<dyn Io>,
    traffic: Arc<Traffic>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.io).poll_read(cx, buf);
        let count = buf.filled().len() - before;
        self.traffic.read.fetch_add(count as u64, Relaxed);
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = &result {
            self.traffic.written.fetch_add(*count as u64, Relaxed);
        }
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        if let Poll::Ready(Ok(count)) = &result {
            self.traffic.written.fetch_add(*count as u64, Relaxed);
        }
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
