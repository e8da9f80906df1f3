//! The function on `lambda_runtime`.

use crate::function::{Request, Sink, begun, tell};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use lambda_runtime::{
    FunctionResponse, MetadataPrelude,
    streaming::{Body, Response, channel},
};
use serde_json::{Value, json};
use tracing::Span;

/// Streamed or buffered, as the request has it.
pub type Answer = FunctionResponse<Value, Body>;

const EVENT_STREAM: &str = "text/event-stream";

/// What a `finally` is elsewhere: runs however the stream ends, a panic included.
struct AtEnd<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        if let Some(at_end) = self.0.take() {
            at_end();
        }
    }
}

/// Answers. `at_end` runs when the stream's span has ended and before the body does.
pub async fn respond(request: Request, stream: Span, at_end: impl FnOnce() + Send + 'static) -> Answer {
    begun(&request, "stream", 0);
    if !request.is_streamed {
        return FunctionResponse::BufferedResponse(buffered(&request, stream, at_end).await);
    }
    let (sender, body) = channel();
    tokio::spawn(async move {
        // Dropped last: the body ends with it.
        let mut sink = Sink::Body(sender);
        let _at_end = AtEnd(Some(at_end));
        tell(&request, stream, &mut sink).await;
    });
    let mut metadata_prelude = MetadataPrelude::default();
    metadata_prelude.headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    FunctionResponse::StreamingResponse(Response { metadata_prelude, stream: body })
}

/// The whole body as the JSON of a buffered answer.
pub async fn buffered(request: &Request, stream: Span, at_end: impl FnOnce() + Send) -> Value {
    let _at_end = AtEnd(Some(at_end));
    let mut sink = Sink::Text(String::new());
    tell(request, stream, &mut sink).await;
    let Sink::Text(body) = sink else { return Value::Null };
    json!({"statusCode": 200, "headers": {"content-type": EVENT_STREAM}, "body": body})
}
