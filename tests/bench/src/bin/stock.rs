//! What one would write first: `lambda_http` with a streaming body, one small event at once, then the end. Beside it our own loop is
//! measured; it does less than the service does.

use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use lambda_http::{Error, Request, Response, run_with_streaming_response, service_fn};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run_with_streaming_response(service_fn(answer)).await
}

async fn answer(
    _: Request,
) -> Result<Response<StreamBody<impl stream::Stream<Item = Result<Frame<Bytes>, Infallible>>>>, Error> {
    let first = Bytes::from_static(b"event: heartbeat\nretry: 3000\ndata: {\"connections\":1}\n\n");
    let last = async {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        Ok(Frame::data(Bytes::from_static(b"event: done\ndata: {\"reason\":\"stream_max\"}\n\n")))
    };
    let events = futures::StreamExt::chain(stream::iter([Ok(Frame::data(first))]), stream::once(last));
    Ok(Response::builder().header("content-type", "text/event-stream").body(StreamBody::new(Box::pin(events)))?)
}
