//! What the caller gets: status and headers as the function or the platform gives them, and a body that comes as it is made
//! or breaks off.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::{
    BodyExt, Full,
    channel::{Channel, Sender},
    combinators::UnsyncBoxBody,
};
use serde_json::Value;

use crate::runtime_api::Prelude;

/// The connection breaks: the function failed in mid-body.
#[derive(Debug, thiserror::Error)]
#[error("the function's answer broke off")]
pub(super) struct BrokenOff;

pub(super) type Body = UnsyncBoxBody<Bytes, BrokenOff>;

/// Chunks that a slow caller may be behind before they wait.
const CHUNKS: usize = 64;

/// Headers that belong to the connection and not to the answer.
const KEPT_BACK: [&str; 3] = ["connection", "transfer-encoding", "content-length"];

/// An answer that the platform gives by itself.
pub(super) fn platform(status: StatusCode, body: &'static str) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What a failed function looks like from outside.
pub(super) fn bad_gateway() -> Response<Body> {
    platform(StatusCode::BAD_GATEWAY, "Internal Server Error")
}

/// An answer whose body is still to come.
pub(super) fn streamed(prelude: &Prelude) -> (Response<Body>, Sender<Bytes, BrokenOff>) {
    let (sender, channel) = Channel::new(CHUNKS);
    (with_head(prelude, channel.boxed_unsync()), sender)
}

/// The answer that a buffered response describes: with a `statusCode` it is the whole answer, otherwise it is the body.
/// `None` if it is not JSON, or describes no answer.
pub(super) fn buffered(payload: &[u8]) -> Option<(Response<Body>, usize)> {
    let json: Value = serde_json::from_slice(payload).ok()?;
    if json.get("statusCode").is_none() {
        let headers = [("content-type".to_owned(), "application/json".to_owned())].into();
        let prelude = Prelude { status: 200, headers, cookies: Vec::new() };
        let body = json.as_str().map_or_else(|| payload.to_vec(), |text| text.as_bytes().to_vec());
        return Some((with_head(&prelude, full(body.clone())), body.len()));
    }
    let mut prelude = Prelude::of(&json);
    StatusCode::from_u16(prelude.status).ok()?;
    prelude.headers.entry("content-type".to_owned()).or_insert_with(|| "application/json".to_owned());
    let text = json["body"]
        .as_str()
        .map_or_else(|| if json["body"].is_null() { String::new() } else { json["body"].to_string() }, str::to_owned);
    let body = if json["isBase64Encoded"] == true { BASE64_STANDARD.decode(text).ok()? } else { text.into_bytes() };
    Some((with_head(&prelude, full(body.clone())), body.len()))
}

fn with_head(prelude: &Prelude, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(prelude.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = prelude.headers.iter().map(|(name, value)| (name.as_str(), value));
    for (name, value) in headers.chain(prelude.cookies.iter().map(|cookie| ("set-cookie", cookie))) {
        // What is no header cannot be sent on by Lambda either.
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        if let Some(value) = HeaderValue::from_str(value).ok().filter(|_| !KEPT_BACK.contains(&name.as_str())) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn read(payload: &str) -> Option<(u16, String, String)> {
        let (response, _) = buffered(payload.as_bytes())?;
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        let body = response.into_body().collect().now_or_never().unwrap().unwrap().to_bytes();
        Some((status, kind, String::from_utf8(body.to_vec()).unwrap()))
    }

    #[test]
    fn a_buffered_response_is_an_answer_or_a_body() {
        let json = "application/json".to_owned();
        assert_eq!(read(r#"{"a":1}"#), Some((200, json.clone(), r#"{"a":1}"#.to_owned())));
        assert_eq!(read(r#""text""#), Some((200, json.clone(), "text".to_owned())));
        assert_eq!(read(r#"{"statusCode":404}"#), Some((404, json, String::new())));
        let whole =
            r#"{"statusCode":201,"headers":{"Content-Type":"text/plain"},"body":"aGk=","isBase64Encoded":true}"#;
        assert_eq!(read(whole), Some((201, "text/plain".to_owned(), "hi".to_owned())));
        assert_eq!(read("no JSON"), None);
        assert_eq!(read(r#"{"statusCode":7}"#), None);
    }

    #[test]
    fn cookies_are_headers_and_the_connection_is_the_platform_s() {
        let payload =
            br#"{"statusCode":200,"headers":{"connection":"close","x":"y"},"cookies":["a=1","b=2"],"body":""}"#;
        let (response, _) = buffered(payload).unwrap();
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert!(response.headers().get("connection").is_none() && response.headers()["x"] == "y");
    }
}
