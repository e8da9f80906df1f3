//! The body of a streaming response: the prelude as one chunk, eight NUL bytes as a second, then one chunk a write. Merged
//! into one, the first two are not understood everywhere. A stream that failed ends in the Runtime API's error trailers.

use super::api::ErrorReport;
use crate::handler::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::body::Frame;
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

const NULS: &[u8] = &[0; 8];
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");
const STREAM_FAILED: ErrorReport<'static> = ErrorReport::new("Runtime.StreamError", "the stream failed");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude<'a> {
    status_code: u16,
    headers: Joined<'a>,
    cookies: [&'a str; 0],
}

/// One text a name: several values of one are joined, as HTTP allows.
struct Joined<'a>(&'a HeaderMap);

enum Stage {
    Prelude(Bytes),
    Nuls,
    Content,
    Over,
}

pub(super) struct PostBody {
    stage: Stage,
    content: Body,
}

impl PostBody {
    /// What `Trailer:` announces.
    pub(super) const TRAILERS: &'static str = "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body";

    pub(super) fn new(status: StatusCode, headers: &HeaderMap, content: Body) -> Self {
        let prelude = Prelude { status_code: status.as_u16(), headers: Joined(headers), cookies: [] };
        // Texts and numbers only: nothing can fail.
        let prelude = serde_json::to_vec(&prelude).unwrap_or_default();
        Self { stage: Stage::Prelude(prelude.into()), content }
    }
}

impl hyper::body::Body for PostBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        let (frame, then) = match &mut this.stage {
            Stage::Prelude(prelude) => (Some(Frame::data(std::mem::take(prelude))), Stage::Nuls),
            Stage::Nuls => (Some(Frame::data(Bytes::from_static(NULS))), Stage::Content),
            Stage::Content => match &mut this.content {
                Body::Plain(bytes) => (Some(Frame::data(std::mem::take(bytes))), Stage::Over),
                Body::Events(reader) => match Pin::new(reader).poll_next(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(write))) => (Some(Frame::data(write.into())), Stage::Content),
                    Poll::Ready(Some(Err(_))) => (Some(Frame::trailers(error_trailers())), Stage::Over),
                    Poll::Ready(None) => (None, Stage::Over),
                },
            },
            Stage::Over => (None, Stage::Over),
        };
        this.stage = then;
        Poll::Ready(frame.map(Ok))
    }
}

fn error_trailers() -> HeaderMap {
    let body = STANDARD.encode(STREAM_FAILED.to_json());
    let kind = (ERROR_TYPE, HeaderValue::from_static("Runtime.StreamError"));
    // Base64 is a header value.
    let body = HeaderValue::from_str(&body).map(|body| (ERROR_BODY, body));
    std::iter::once(kind).chain(body).collect()
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.keys_len()))?;
        for name in self.0.keys() {
            let values: Vec<_> = self.0.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
            map.serialize_entry(name.as_str(), &values.join(", "))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt, StreamExt, stream::poll_fn};
    use http::header::{CACHE_CONTROL, VARY};
    use hyper::body::Body as _;
    use lambda_trace::ManualClock;
    use sse_core::{
        outbox::{Client, outbox},
        plan::View,
        ports::{Dispatcher, Update},
    };
    use std::sync::Arc;

    fn frames(mut body: PostBody) -> Vec<Frame<Bytes>> {
        let frames = poll_fn(move |cx| Pin::new(&mut body).poll_frame(cx));
        let taken = frames.map(Result::unwrap).take_while(|_| std::future::ready(true));
        taken.collect().now_or_never().expect("the body has ended")
    }

    fn data(frame: &Frame<Bytes>) -> &[u8] {
        frame.data_ref().expect("data")
    }

    #[test]
    fn prelude_and_nuls_are_frames_of_their_own() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(VARY, HeaderValue::from_static("a"));
        headers.append(VARY, HeaderValue::from_static("b"));
        let body = Body::Plain(Bytes::from_static(b"{}"));
        let frames = frames(PostBody::new(StatusCode::NOT_FOUND, &headers, body));
        let prelude: serde_json::Value = serde_json::from_slice(data(&frames[0])).unwrap();
        let expected = serde_json::json!({
            "statusCode": 404, "headers": {"cache-control": "no-store", "vary": "a, b"}, "cookies": []
        });
        assert_eq!((prelude, data(&frames[1])), (expected, NULS));
        assert_eq!((data(&frames[2]), frames.len()), (b"{}".as_slice(), 3));
    }

    fn client() -> Client {
        Client {
            view: View::ALL,
            resume: None,
            retry_ms: 1_000,
            trace: None,
            started_at: lambda_trace::Timestamp::default(),
        }
    }

    #[test]
    fn a_stream_that_fails_ends_in_trailers() {
        let (writer, reader) = outbox(client(), Arc::new(ManualClock::default()));
        let mut body = PostBody::new(StatusCode::OK, &HeaderMap::new(), Body::Events(reader));
        let mut next =
            || futures::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).now_or_never().map(|f| f?.ok());
        assert!(next().is_some() && next().is_some());
        assert!(next().is_none(), "nothing was written yet");
        writer.dispatch(Update::Heartbeat { degraded: false, connections: 1 });
        let event = next().flatten().expect("an event");
        assert!(data(&event).starts_with(b"event: heartbeat\n"));
        drop(writer);
        let trailers = next().flatten().expect("trailers").into_trailers().expect("trailers");
        assert_eq!(trailers[ERROR_TYPE], "Runtime.StreamError");
        let report = STANDARD.decode(&trailers[ERROR_BODY]).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["errorMessage"], "the stream failed");
        assert!(matches!(next(), Some(None)));
        let announced = PostBody::TRAILERS.to_ascii_lowercase();
        assert!(trailers.keys().all(|name| announced.contains(name.as_str())));
    }
}
