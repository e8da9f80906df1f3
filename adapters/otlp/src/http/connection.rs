//! One request over one connection, driven by the future that sends it: dropping it closes the connection.

use super::{AttemptLog, connect::Io};
use bytes::Bytes;
use futures::{
    future::{Either, select},
    pin_mut,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1::handshake};
use hyper_util::rt::TokioIo;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A response beyond this length contains nothing that matters here, in bytes.
const ANSWER_BYTES_MAX: usize = 65_536;

/// Sends `request` over `io` and reads the whole response.
pub(super) async fn exchange(
    io: Box<dyn Io>,
    request: Request<Bytes>,
    attempt_log: &AttemptLog,
) -> Result<Response<Bytes>, hyper::Error> {
    let (mut sender, driver) = handshake(TokioIo::new(Noting { io, attempt_log })).await?;
    let answer = async { collect(sender.send_request(request.map(Full::new)).await?).await };
    pin_mut!(answer, driver);
    match select(answer, driver).await {
        Either::Left((answer, _)) => answer,
        // The connection has ended: the response is complete, or never will be.
        Either::Right((_, answer)) => answer.await,
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

/// Notes that a byte of the request was sent.
struct Noting<'a> {
    io: Box<dyn Io>,
    attempt_log: &'a AttemptLog,
}

impl Noting<'_> {
    fn note(&self, written: &Poll<io::Result<usize>>) {
        if matches!(written, Poll::Ready(Ok(count)) if *count > 0) {
            self.attempt_log.sent();
        }
    }
}

impl AsyncRead for Noting<'_> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Noting<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.note(&written);
        written
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
