//! The socket of a connection, shared between hyper, which reads and writes it, and handlers, which may break it.

use std::{
    io::{self, IoSlice},
    net::Shutdown,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::FutureExt;
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

/// What is read after an early answer: the figures of Go's server, which Lambda's Runtime API is.
const DRAIN_BYTES: usize = 256 * 1_024;
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// The client at the other end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    stream: Arc<TcpStream>,
    acknowledges_late: bool,
}

impl Peer {
    pub(super) fn new(stream: TcpStream, acknowledges_late: bool) -> Self {
        // Without it answers wait for the peer's delayed ACK; failing to set it only costs time.
        drop(stream.set_nodelay(true));
        let peer = Self { stream: Arc::new(stream), acknowledges_late };
        peer.acknowledge_late();
        peer
    }

    /// Whether the client is known to have closed its side, seen without reading a byte.
    pub(crate) fn hung_up(&self) -> bool {
        let ready = self.stream.ready(Interest::READABLE).now_or_never();
        ready.and_then(Result::ok).is_some_and(tokio::io::Ready::is_read_closed)
    }

    /// Makes the end of the connection a reset: the client's next read or write fails.
    pub(crate) fn reset(&self) {
        // If it cannot be set the client sees a plain close instead, which its test will tell apart.
        drop(self.stream.set_zero_linger());
    }

    /// Takes in what comes next. Returns the number of bytes: none at the end.
    pub(super) async fn swallow(&self) -> usize {
        let mut buffer = vec![0; 16 * 1_024];
        while self.stream.readable().await.is_ok() {
            match self.stream.try_read(&mut buffer) {
                Ok(read) => return read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        0
    }

    /// Reads for a moment what still comes after the last answer, so that a reset does not overtake the answer.
    pub(super) async fn drain(&self) {
        let drained = async {
            let mut left = DRAIN_BYTES;
            while left > 0 {
                match self.swallow().await {
                    0 => return,
                    read => left = left.saturating_sub(read),
                }
            }
        };
        // Running out of time is one of the ways in which draining ends.
        let _ = tokio::time::timeout(DRAIN_TIME, drained).await;
    }

    /// A reader with nothing to say acknowledges late, by 40 ms on Linux, and a writer that does not mind has to show it. The
    /// kernel forgets the wish, so it is renewed; where it cannot be granted, only that is hidden.
    fn acknowledge_late(&self) {
        #[cfg(target_os = "linux")]
        if self.acknowledges_late {
            drop(self.stream.set_quickack(false));
        }
    }
}

impl AsyncRead for Peer {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    self.acknowledge_late();
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_write_vectored(parts) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.stream).shutdown(Shutdown::Write))
    }
}
