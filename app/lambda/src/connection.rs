//! One HTTP/1.1 connection to the Runtime API, driven by the future that waits for its response. No task runs beside
//! it, so dropping the future ends the connection, and with it a body that is being sent.

use crate::socket;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::{
    body::Body,
    client::conn::http1::{Builder, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::Poll,
};
use tokio::net::TcpStream;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// What hyper holds of a connection, in bytes: of an answer's head (the longest says a client's context and identity, a few
/// kB), and of events that the socket does not take, which count as taken all the same.
const BUFFER_BYTES: usize = 16_384;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The connection was refused.
    #[error("no connection")]
    Connect(#[source] io::Error),
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    /// The connection ended before the response.
    #[error("the connection ended early")]
    Ended,
    /// The response is not a success.
    #[error("answered with {0}")]
    Refused(StatusCode),
}

pub(crate) struct Http1Connection<B: Body + 'static> {
    sender: SendRequest<B>,
    connection: Pin<Box<Connection<TokioIo<TcpStream>, B>>>,
}

impl<B> Http1Connection<B>
where
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<AnyError>,
{
    pub(crate) async fn open(address: &str) -> Result<Self, ConnectionError> {
        let socket = TcpStream::connect(address).await.map_err(ConnectionError::Connect)?;
        // Nagle's algorithm and the peer's delayed acknowledgement together hold an event for 40 ms.
        socket.set_nodelay(true).map_err(ConnectionError::Connect)?;
        socket::bound(&socket);
        let mut builder = Builder::new();
        let opened = builder.max_buf_size(BUFFER_BYTES).handshake(TokioIo::new(socket)).await;
        let (sender, connection) = opened.map_err(ConnectionError::Broken)?;
        let connection = Box::pin(connection);
        Ok(Self { sender, connection })
    }

    /// One exchange; the connection can be used again.
    pub(crate) async fn exchange(&mut self, request: Request<B>) -> Result<Response<Bytes>, ConnectionError> {
        let Self { sender, connection } = self;
        let mut answer = pin!(answer(sender, request));
        let mut is_over = false;
        poll_fn(move |cx| {
            if !is_over {
                is_over = connection.as_mut().poll(cx).is_ready();
            }
            match answer.as_mut().poll(cx) {
                // The answer itself fails when its connection does; this is for one that cannot know.
                Poll::Pending if is_over => Poll::Ready(Err(ConnectionError::Ended)),
                polled => polled,
            }
        })
        .await
    }

    /// Sends a body to its end and waits for the response, whichever comes last. A response that is not a success ends
    /// it immediately: hyper would go on reading the body although it is no longer received.
    pub(crate) async fn send(self, request: Request<B>) -> Result<(), ConnectionError> {
        let Self { mut sender, mut connection } = self;
        let mut answer = pin!(async move {
            let answered = answer(&mut sender, request).await;
            // With its sender dropped the connection ends once everything is sent.
            drop(sender);
            match answered?.status() {
                status if status.is_success() => Ok(()),
                status => Err(ConnectionError::Refused(status)),
            }
        });
        let mut is_answered = false;
        let mut is_over = None;
        poll_fn(move |cx| {
            // Twice: the connection may bring the answer, and the answer lets the connection end.
            for _ in 0..2 {
                if is_over.is_none()
                    && let Poll::Ready(ended) = connection.as_mut().poll(cx)
                {
                    is_over = Some(ended);
                }
                if !is_answered && let Poll::Ready(answered) = answer.as_mut().poll(cx) {
                    answered?;
                    is_answered = true;
                }
            }
            match is_over.take() {
                None => Poll::Pending,
                Some(Err(error)) => Poll::Ready(Err(ConnectionError::Broken(error))),
                Some(Ok(())) if is_answered => Poll::Ready(Ok(())),
                Some(Ok(())) => Poll::Ready(Err(ConnectionError::Ended)),
            }
        })
        .await
    }
}

async fn answer<B>(sender: &mut SendRequest<B>, request: Request<B>) -> Result<Response<Bytes>, ConnectionError>
where
    B: Body + 'static,
{
    let (head, body) = sender.send_request(request).await.map_err(ConnectionError::Broken)?.into_parts();
    let bytes = body.collect().await.map_err(ConnectionError::Broken)?.to_bytes();
    Ok(Response::from_parts(head, bytes))
}
