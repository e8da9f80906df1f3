//! The Function URL on loopback: a request becomes an invocation, and the events of its body come as they are made.

use super::deployed::Account;
use bytes::Bytes;
use futures::{Stream, stream};
use http::{HeaderMap, Request, Response};
use http_body_util::StreamBody;
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use lambda_env::{Call, FunctionUrl, SseEvent};
use std::{convert::Infallible, net::Ipv4Addr, sync::Arc};
use tokio::{net::TcpListener, sync::mpsc, task::AbortHandle};

pub(super) struct Url {
    text: String,
    task: AbortHandle,
}

impl Drop for Url {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Url {
    pub(super) async fn start(account: Arc<Account>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let text = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let account = account.clone();
                let service = service_fn(move |request| respond(account.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        Self { text, task: task.abort_handle() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn address(&self) -> String {
        self.text.trim_start_matches("http://").to_owned()
    }
}

type Body = StreamBody<std::pin::Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>>;

async fn respond(account: Arc<Account>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let root = root(request.headers());
    let kept = request.headers().iter().filter(|(name, _)| *name != "host" && *name != "x-amzn-trace-id");
    let url = kept.fold(FunctionUrl::get(request.uri().path()), |url, (name, value)| {
        url.header(name.as_str(), value.to_str().unwrap_or_default())
    });
    let (worker, is_cold, mut call) = account.invoke(url, &root).await;
    let prelude = call.prelude().await;
    let status = prelude.as_ref().map_or(502, |prelude| prelude.status);
    let (send, receive) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        relay(&mut call, status, &send).await;
        let response = call.finish().await;
        // The caller has its end; what the environment left follows.
        drop(send);
        account.settle(worker, is_cold, &response).await;
    });
    let chunks = stream::unfold(receive, |mut receive: mpsc::UnboundedReceiver<Bytes>| async move {
        let chunk = receive.recv().await?;
        Some((Ok(Frame::data(chunk)), receive))
    });
    let body: Body = StreamBody::new(Box::pin(chunks));
    let mut response = Response::builder().status(status);
    for (name, value) in prelude.iter().flat_map(|prelude| &prelude.headers) {
        response = response.header(name, value);
    }
    Ok(response.body(body).unwrap())
}

async fn relay(call: &mut Call, status: u16, send: &mpsc::UnboundedSender<Bytes>) {
    if status == 200 {
        while let Some(event) = call.event().await {
            // A reader that is gone is not reported to the function.
            let _ = send.send(text(&event).into());
        }
    }
}

fn text(event: &SseEvent) -> String {
    let id = event.id.as_ref().map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("event: {}\n{id}data: {}\n\n", event.name, event.data)
}

fn root(headers: &HeaderMap) -> String {
    let header = headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(';').find_map(|part| part.strip_prefix("Root=")).unwrap_or_default().to_owned()
}
