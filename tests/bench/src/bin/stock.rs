//! What one would write first: `lambda_http` with a streaming body, a small event, then the end. Beside it our own loop is measured;
//! it does less than the service does. `STOCK_FROM_TASK=1`: events come from a task through a channel, as in most examples, after a
//! millisecond of reading something, so that the first one is written after the prelude and not together with it.

use bytes::Bytes;
use futures::{StreamExt, channel::mpsc, stream::BoxStream};
use http_body::Frame;
use http_body_util::StreamBody;
use lambda_http::{Error, Request, Response, run_with_streaming_response, service_fn};
use std::{convert::Infallible, time::Duration};

const FIRST: Bytes = Bytes::from_static(b"event: heartbeat\nretry: 3000\ndata: {\"connections\":1}\n\n");
const LAST: Bytes = Bytes::from_static(b"event: done\ndata: {\"reason\":\"stream_max\"}\n\n");
const READ: Duration = Duration::from_millis(1);
const LIFE: Duration = Duration::from_millis(60);

type Events = BoxStream<'static, Result<Frame<Bytes>, Infallible>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let from_task = std::env::var_os("STOCK_FROM_TASK").is_some();
    run_with_streaming_response(service_fn(move |_: Request| async move {
        let events = if from_task { from_a_task() } else { at_once() };
        let response = Response::builder().header("content-type", "text/event-stream");
        Ok::<_, Error>(response.body(StreamBody::new(events))?)
    }))
    .await
}

fn at_once() -> Events {
    let last = async {
        tokio::time::sleep(LIFE).await;
        LAST
    };
    futures::stream::iter([FIRST]).chain(futures::stream::once(last)).map(|event| Ok(Frame::data(event))).boxed()
}

fn from_a_task() -> Events {
    let (sender, receiver) = mpsc::unbounded();
    tokio::spawn(async move {
        // Something is read first, as a service would; by then the prelude has left alone.
        tokio::time::sleep(READ).await;
        // A reader that left is nobody to tell.
        let _ = sender.unbounded_send(FIRST);
        tokio::time::sleep(LIFE).await;
        let _ = sender.unbounded_send(LAST);
    });
    receiver.map(|event| Ok(Frame::data(event))).boxed()
}
