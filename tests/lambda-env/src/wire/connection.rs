//! One connection of a server: heads and body pieces in, responses out, and the ways to break it. It knows no route.

use std::{io, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use futures::FutureExt;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::TcpStream,
};

use super::{
    Malformed,
    chunked::{Step, take_chunk},
    head::take_head,
};

/// Room asked for per read.
const READ_BYTES: usize = 16 * 1_024;
/// No request here has a longer head.
const MAX_HEAD_BYTES: usize = 64 * 1_024;
/// What is read after an early answer: the figures of Go's server, which Lambda's Runtime API is.
const DRAIN_BYTES: usize = 256 * 1_024;
const DRAIN_TIME: Duration = Duration::from_millis(500);

/// How the end of a request's body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Chunked,
    /// This many bytes are still to come.
    Length(u64),
}

impl Framing {
    /// The framing that these headers announce.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Malformed> {
        let coding = headers.get(header::TRANSFER_ENCODING).map(|value| value.to_str().unwrap_or_default());
        if let Some(coding) = coding {
            let chunked = coding.rsplit(',').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"));
            return if chunked { Ok(Self::Chunked) } else { Err(Malformed("transfer coding")) };
        }
        let Some(length) = headers.get(header::CONTENT_LENGTH) else {
            return Ok(Self::Length(0));
        };
        let length = length.to_str().ok().and_then(|text| text.trim().parse().ok());
        length.map(Self::Length).ok_or(Malformed("content length"))
    }
}

/// A part of a request's body.
#[derive(Debug)]
pub(crate) enum Piece {
    /// One HTTP chunk as it was sent, or what had arrived of a body with a length.
    Chunk(Bytes),
    /// The end, with its trailers.
    End(HeaderMap),
}

/// A connection that a client opened.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
    acknowledges_late: bool,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, acknowledges_late: bool) -> Self {
        // Without it answers wait for the peer's delayed ACK; failing to set it only costs time.
        drop(stream.set_nodelay(true));
        let connection = Self { stream, buffer: BytesMut::new(), acknowledges_late };
        connection.acknowledge_late();
        connection
    }

    /// The next request's head; `None` when the client closed instead. Safe to cancel.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Request<()>>> {
        loop {
            if let Some(head) = take_head(&mut self.buffer)? {
                return Ok(Some(head));
            }
            if self.buffer.len() > MAX_HEAD_BYTES {
                return Err(Malformed("request head too long").into());
            }
            if self.fill().await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    /// The next piece of the body. Safe to cancel: what was read stays in the buffer.
    pub(crate) async fn piece(&mut self, framing: &mut Framing) -> io::Result<Piece> {
        loop {
            match framing {
                Framing::Chunked => match take_chunk(&mut self.buffer)? {
                    Step::Chunk(chunk) => return Ok(Piece::Chunk(chunk)),
                    Step::End(trailers) => return Ok(Piece::End(trailers)),
                    Step::More => {}
                },
                Framing::Length(0) => return Ok(Piece::End(HeaderMap::new())),
                Framing::Length(left) if !self.buffer.is_empty() => {
                    let size = usize::try_from(*left).unwrap_or(usize::MAX).min(self.buffer.len());
                    *left -= size as u64;
                    return Ok(Piece::Chunk(self.buffer.split_to(size).freeze()));
                }
                Framing::Length(_) => {}
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The whole body, in one.
    pub(crate) async fn body(&mut self, headers: &HeaderMap) -> io::Result<Bytes> {
        let mut framing = Framing::of(headers)?;
        let mut whole = BytesMut::new();
        while let Piece::Chunk(chunk) = self.piece(&mut framing).await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// Writes a response; the connection stays open unless the caller ends it.
    pub(crate) async fn respond(&mut self, response: &Response<Bytes>) -> io::Result<()> {
        let status = response.status();
        let mut out = BytesMut::with_capacity(256 + response.body().len());
        out.put_slice(
            format!("HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or("")).as_bytes(),
        );
        for (name, value) in response.headers() {
            out.put_slice(name.as_str().as_bytes());
            out.put_slice(b": ");
            out.put_slice(value.as_bytes());
            out.put_slice(b"\r\n");
        }
        out.put_slice(format!("content-length: {}\r\n\r\n", response.body().len()).as_bytes());
        out.put_slice(response.body());
        self.stream.write_all(&out).await?;
        self.stream.flush().await
    }

    /// Resolves when the client is gone; bytes that come meanwhile are kept. Safe to cancel.
    pub(crate) async fn gone(&mut self) {
        while let Ok(1..) = self.fill().await {}
    }

    /// Answers while the client may still be sending, and closes as Lambda's server does: what still comes is read for a
    /// moment, so that a reset does not overtake the answer.
    pub(crate) async fn respond_and_close(&mut self, mut response: Response<Bytes>) -> io::Result<()> {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        self.respond(&response).await?;
        self.stream.shutdown().await?;
        let drain = async {
            let mut left = DRAIN_BYTES;
            while let Ok(read @ 1..) = self.fill().await {
                self.buffer.clear();
                left = left.saturating_sub(read);
                if left == 0 {
                    break;
                }
            }
        };
        // Running out of time is one of the two ways in which draining ends.
        let _ = tokio::time::timeout(DRAIN_TIME, drain).await;
        Ok(())
    }

    /// Whether the client is known to have closed its side, seen without reading a byte.
    pub(crate) fn hung_up(&self) -> bool {
        let ready = self.stream.ready(Interest::READABLE).now_or_never();
        ready.and_then(Result::ok).is_some_and(tokio::io::Ready::is_read_closed)
    }

    /// Ends the connection with a reset: the client's next read or write fails.
    pub(crate) fn reset(self) {
        // If it cannot be set the client sees a plain close instead, which its test will tell apart.
        drop(self.stream.set_zero_linger());
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(READ_BYTES);
        let count = self.stream.read_buf(&mut self.buffer).await?;
        self.acknowledge_late();
        Ok(count)
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
