//! One HTTP connection to the APIs of the environment.

use std::{convert::Infallible, io, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, channel::Channel, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::Mutex};

pub(crate) type Body = UnsyncBoxBody<Bytes, Failed>;

/// The handler's error in mid-body; the connection is dropped on it.
#[derive(Debug)]
pub(crate) struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed in mid-body")
    }
}

impl std::error::Error for Failed {}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

pub(crate) fn streaming(channel: Channel<Bytes, Failed>) -> Body {
    channel.boxed_unsync()
}

/// Opens a connection when it needs one, and keeps it as long as it lasts.
#[derive(Clone)]
pub(crate) struct Client {
    address: String,
    sender: Arc<Mutex<Option<SendRequest<Body>>>>,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self { address: crate::variable("AWS_LAMBDA_RUNTIME_API"), sender: Arc::default() }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> io::Result<Response<Incoming>> {
        let mut slot = self.sender.lock().await;
        let mut sender = match slot.take().filter(SendRequest::is_ready) {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        *slot = Some(sender);
        Ok(response)
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> hyper::http::request::Builder {
        Request::builder().method(method).uri(path).header("host", &self.address)
    }

    async fn connect(&self) -> io::Result<SendRequest<Body>> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(async move {
            // The request that it carried fails with the same error.
            let _ = connection.await;
        });
        Ok(sender)
    }
}

pub(crate) async fn read(response: Response<Incoming>) -> io::Result<Bytes> {
    Ok(response.into_body().collect().await.map_err(io::Error::other)?.to_bytes())
}
