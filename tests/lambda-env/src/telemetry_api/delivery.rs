//! One subscriber's batches on their way: a request each, in order, a new connection for each. A subscriber that is frozen takes its batch after the thaw.

use std::{convert::Infallible, error::Error, time::Duration};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::TcpStream,
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep, timeout_at},
};

use super::{event::Event, subscription::Subscription};

/// A batch that is refused is offered again so often, after a pause.
const ATTEMPTS: usize = 10;
const PAUSE: Duration = Duration::from_millis(50);

/// What a subscriber is to be sent.
#[derive(Debug)]
pub(super) enum Message {
    /// An event.
    Event(Event),
    /// What is there leaves at once.
    Flush,
}

/// Sends whatever comes, until nobody sends any more.
pub(super) async fn deliver(subscription: Subscription, mut messages: UnboundedReceiver<Message>) {
    let mut dropped = None;
    while let Some(batch) = collect(&subscription, &mut messages, dropped.take()).await {
        let body = Bytes::from(Value::from(batch.clone()).to_string());
        let mut attempts = 0;
        while let Err(_refused) = send(&subscription, body.clone()).await {
            attempts += 1;
            if attempts == ATTEMPTS {
                dropped = Some(Event::dropped(batch.len(), body.len()));
                break;
            }
            sleep(PAUSE).await;
        }
    }
}

/// The next batch: it waits for a first event, and for others as long as the subscription says.
async fn collect(
    subscription: &Subscription,
    messages: &mut UnboundedReceiver<Message>,
    first: Option<Event>,
) -> Option<Vec<Value>> {
    let mut batch: Vec<Value> = first.into_iter().map(|event| event.json).collect();
    while batch.is_empty() {
        if let Message::Event(event) = messages.recv().await? {
            batch.push(event.json);
        }
    }
    let deadline = Instant::now() + subscription.timeout;
    let mut bytes = batch[0].to_string().len();
    while batch.len() < subscription.items && bytes < subscription.bytes {
        // The end of time and of the senders end a batch alike.
        let Ok(Some(Message::Event(event))) = timeout_at(deadline, messages.recv()).await else { break };
        bytes += event.json.to_string().len();
        batch.push(event.json);
    }
    Some(batch)
}

/// Sends one batch. Without a limit of time: a subscriber may be frozen.
async fn send(subscription: &Subscription, body: Bytes) -> Result<(), Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect(subscription.address).await?;
    // Without it the body would wait for the acknowledgement of the head; failing to set it only costs time.
    drop(stream.set_nodelay(true));
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let request = Request::builder()
        .method(subscription.method.as_str())
        .uri(&subscription.path)
        .header(header::HOST, subscription.address.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(body).map_err(|never: Infallible| match never {}).boxed_unsync())?;
    let answer = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        Ok::<_, hyper::Error>(status)
    };
    let driven = async {
        // The request that it carries fails with the same error.
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        status = answer => {
            let status = status?;
            if status.is_success() { Ok(()) } else { Err(status.to_string().into()) }
        }
        () = driven => unreachable!("it never ends"),
    }
}
