//! The body of a streaming response: the prelude as one chunk, eight NUL bytes as a second, then one chunk per write.
//! Not every receiver understands the first two merged into one. A stream that failed ends with the Runtime API's error
//! trailers.

use crate::{Body, error_report::ErrorReport};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::SET_COOKIE};
use hyper::body::Frame;
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::{
    borrow::Cow,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

const NULS: &[u8] = &[0; 8];
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");
const STREAM_ERROR: &str = "Runtime.StreamError";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude<'a> {
    status_code: u16,
    headers: Joined<'a>,
    cookies: Vec<Cow<'a, str>>,
}

/// One value per name: several values are joined, as HTTP allows, except cookies, which have a member of their own.
struct Joined<'a>(&'a HeaderMap);

enum Stage {
    Prelude(Bytes),
    Nuls,
    Content,
    Over,
}

pub(crate) struct PostBody {
    stage: Stage,
    content: Body,
}

impl PostBody {
    /// The value of the `Trailer` header.
    pub(crate) const TRAILERS: &'static str = "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body";

    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, content: Body) -> Self {
        let cookies = headers.get_all(SET_COOKIE).iter().map(|cookie| String::from_utf8_lossy(cookie.as_bytes()));
        let prelude = Prelude { status_code: status.as_u16(), headers: Joined(headers), cookies: cookies.collect() };
        // Texts and numbers only, so this cannot fail.
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
                Body::Whole(bytes) if bytes.is_empty() => (None, Stage::Over),
                Body::Whole(bytes) => (Some(Frame::data(std::mem::take(bytes))), Stage::Over),
                Body::Stream(chunks) => match chunks.as_mut().poll_next(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(chunk))) => (Some(Frame::data(chunk)), Stage::Content),
                    Poll::Ready(Some(Err(error))) => {
                        (Some(Frame::trailers(error_trailers(&error.to_string()))), Stage::Over)
                    }
                    Poll::Ready(None) => (None, Stage::Over),
                },
            },
            Stage::Over => (None, Stage::Over),
        };
        this.stage = then;
        Poll::Ready(frame.map(Ok))
    }
}

fn error_trailers(message: &str) -> HeaderMap {
    let body = STANDARD.encode(ErrorReport::new(STREAM_ERROR, message).to_json());
    let kind = (ERROR_TYPE, HeaderValue::from_static(STREAM_ERROR));
    // Base64 is a header value.
    let body = HeaderValue::from_str(&body).map(|body| (ERROR_BODY, body));
    std::iter::once(kind).chain(body).collect()
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for name in self.0.keys().filter(|name| **name != SET_COOKIE) {
            let values: Vec<_> = self.0.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
            map.serialize_entry(name.as_str(), &values.join(", "))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{
        FutureExt, StreamExt,
        stream::{iter, poll_fn},
    };
    use http::header::{CACHE_CONTROL, VARY};
    use hyper::body::Body as _;

    fn frames(mut body: PostBody) -> Vec<Frame<Bytes>> {
        let frames = poll_fn(move |cx| Pin::new(&mut body).poll_frame(cx));
        frames.map(Result::unwrap).collect().now_or_never().expect("the body has ended")
    }

    fn data(frame: &Frame<Bytes>) -> &[u8] {
        frame.data_ref().expect("data")
    }

    #[test]
    fn prelude_and_nuls_are_frames_of_their_own() {
        let headers =
            [(CACHE_CONTROL, "no-store"), (VARY, "a"), (VARY, "b"), (SET_COOKIE, "a=1, 2"), (SET_COOKIE, "b")];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        let body = Body::Whole(Bytes::from_static(b"{}"));
        let frames = frames(PostBody::new(StatusCode::NOT_FOUND, &map, body));
        let prelude: serde_json::Value = serde_json::from_slice(data(&frames[0])).unwrap();
        let expected = serde_json::json!({
            "statusCode": 404, "headers": {"cache-control": "no-store", "vary": "a, b"}, "cookies": ["a=1, 2", "b"]
        });
        assert_eq!((prelude, data(&frames[1])), (expected, NULS));
        assert_eq!((data(&frames[2]), frames.len()), (b"{}".as_slice(), 3));
    }

    #[test]
    fn an_empty_body_is_no_frame() {
        let frames = frames(PostBody::new(StatusCode::OK, &HeaderMap::new(), Body::Whole(Bytes::new())));
        assert_eq!((data(&frames[1]), frames.len()), (NULS, 2));
    }

    #[test]
    fn a_stream_that_fails_ends_in_trailers() {
        let chunks = iter([Ok(Bytes::from_static(b"one")), Err("the source failed".into()), Ok(Bytes::new())]).boxed();
        let mut frames = frames(PostBody::new(StatusCode::OK, &HeaderMap::new(), Body::Stream(chunks)));
        assert_eq!((data(&frames[2]), frames.len()), (b"one".as_slice(), 4));
        let trailers = frames.remove(3).into_trailers().expect("trailers");
        assert_eq!(trailers[ERROR_TYPE], "Runtime.StreamError");
        let report = STANDARD.decode(&trailers[ERROR_BODY]).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["errorMessage"], "the source failed");
        let announced = PostBody::TRAILERS.to_ascii_lowercase();
        assert!(trailers.keys().all(|name| announced.contains(name.as_str())));
    }
}
