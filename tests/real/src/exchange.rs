//! HTTP/1 as the judges need it: a server of one closure, and a client. It interprets nothing.

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use std::{
    convert::Infallible,
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// A server on a free port of loopback, until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Answers each request with what `answer` makes of it.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start<A, F, B>(answer: A) -> io::Result<Self>
    where
        A: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let answer = Arc::new(answer);
        let accepting = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                let service = service_fn(move |request: Request<Incoming>| {
                    let answer = Arc::clone(&answer);
                    async move {
                        let (head, body) = request.into_parts();
                        // A request that broke off is answered as an empty one; nobody reads that answer.
                        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                        Ok::<_, Infallible>(answer(Request::from_parts(head, body)).await)
                    }
                });
                // Without it the kernel would hold back what is small.
                let _ = socket.set_nodelay(true);
                drop(tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service)));
            }
        });
        Ok(Self { address, accepting })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A client for one server.
#[derive(Clone, Debug)]
pub struct Upstream {
    address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Upstream {
    /// For the server at this address.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends a request there, whatever host it names, and reads the whole answer. What cannot be reached is a 502.
    pub async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = self.stream(request).await.into_parts();
        match body.collect().await {
            Ok(body) => Response::from_parts(head, body.to_bytes()),
            Err(error) => failure(&error.to_string()),
        }
    }

    /// Sends a request there, and hands on the answer as it comes. What cannot be reached is a 502.
    pub async fn stream(&self, request: Request<Bytes>) -> Response<AnyBody> {
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let Ok(uri) = format!("http://{}{path}", self.address).parse() else {
            return failure("not a path").map(whole);
        };
        head.uri = uri;
        // The body may have another length than the one that was received.
        head.headers.remove(header::CONTENT_LENGTH);
        match self.client.request(Request::from_parts(head, Full::new(body))).await {
            Ok(mut answer) => {
                for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
                    answer.headers_mut().remove(name);
                }
                answer.map(|body| body.map_err(Into::into).boxed())
            }
            Err(error) => failure(&error.to_string()).map(whole),
        }
    }
}

/// A body of any kind.
pub type AnyBody = BoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// A body that is there as a whole.
pub fn whole(bytes: Bytes) -> AnyBody {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

fn failure(why: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::copy_from_slice(why.as_bytes()));
    *answer.status_mut() = http::StatusCode::BAD_GATEWAY;
    answer
}
