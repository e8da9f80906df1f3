//! The response of a collector: how many spans it rejected, why, and when it may be asked again.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, Response,
    header::{CONTENT_TYPE, DATE, RETRY_AFTER},
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::{
    Message,
    encoding::{WireType, decode_key, skip_field, string},
};
use serde_json::Value as Json;
use std::time::{Duration, SystemTime};

/// The maximum length of the collector's text that is kept, in characters.
const WORDS_CHARS_MAX: usize = 500;

/// A response, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectorAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `rejected_spans` of a partial success, else 0.
    pub rejected_spans: u64,
    /// The text of a partial success or of an error, bounded and without control characters; may be empty.
    pub words: String,
    /// `Retry-After`, in either of its two forms.
    pub retry_after: Option<Duration>,
}

impl CollectorAnswer {
    /// Parses a response that arrived at `now`. What cannot be parsed counts as absent: the status 2xx alone means
    /// acceptance.
    pub fn read(response: &Response<Bytes>, now: SystemTime) -> Self {
        let status = response.status();
        let (rejected_spans, words) =
            if status.is_success() { partial_success(response) } else { (0, error_text(response)) };
        let retry_after = retry_after(response.headers(), now);
        Self { status: status.as_u16(), rejected_spans, words: printable(&words), retry_after }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    text(headers, &CONTENT_TYPE).is_some_and(|content_type| content_type.starts_with("application/json"))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn partial_success(response: &Response<Bytes>) -> (u64, String) {
    let decoded = if is_json(response.headers()) {
        serde_json::from_slice::<ExportTraceServiceResponse>(response.body()).ok()
    } else {
        ExportTraceServiceResponse::decode(response.body().clone()).ok()
    };
    let partial = decoded.and_then(|answer| answer.partial_success).unwrap_or_default();
    (u64::try_from(partial.rejected_spans).unwrap_or(0), partial.error_message)
}

/// The message of an error. The OTLP specification requires a `google.rpc.Status` in the encoding of the request; plain
/// text is common.
fn error_text(response: &Response<Bytes>) -> String {
    let body = response.body();
    if is_json(response.headers()) {
        let status = serde_json::from_slice::<Json>(body).unwrap_or_default();
        let message = status.get("message").or_else(|| status.get("Message")).and_then(Json::as_str);
        return message.map_or_else(|| String::from_utf8_lossy(body).into_owned(), ToOwned::to_owned);
    }
    status_message(body.clone()).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

/// The field `message` of a protobuf `google.rpc.Status`; `None` for anything else.
fn status_message(mut body: Bytes) -> Option<String> {
    let mut message = None;
    while !body.is_empty() {
        let (tag, wire_type) = decode_key(&mut body).ok()?;
        match (tag, wire_type) {
            (2, WireType::LengthDelimited) => {
                let mut text = String::new();
                string::merge(wire_type, &mut text, &mut body, prost::encoding::DecodeContext::default()).ok()?;
                message = Some(text);
            }
            // The code, and details of any type.
            (1, WireType::Varint) | (3, WireType::LengthDelimited) => {
                skip_field(wire_type, tag, &mut body, prost::encoding::DecodeContext::default()).ok()?;
            }
            _ => return None,
        }
    }
    message
}

fn printable(words: &str) -> String {
    let spaced = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    let kept: String = spaced.take(WORDS_CHARS_MAX).collect();
    kept.trim().to_owned()
}

/// Seconds, or a date. A date counts relative to the response's own date, because the two clocks may differ.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = text(headers, &RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let answered_at = text(headers, &DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(at.duration_since(answered_at).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
    use std::time::UNIX_EPOCH;

    fn read(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> CollectorAnswer {
        let response =
            headers.iter().fold(Response::builder().status(status), |r, (name, value)| r.header(*name, *value));
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        CollectorAnswer::read(&response.body(body.into()).expect("an answer"), now)
    }

    #[test]
    fn a_partial_success_says_how_many_and_why() {
        let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "too\nold".into() };
        let body = ExportTraceServiceResponse { partial_success: Some(partial) };
        let json = serde_json::to_string(&body).expect("JSON");
        for answer in [read(200, &[], body.encode_to_vec()), read(200, &[("content-type", "application/json")], json)] {
            assert_eq!((answer.rejected_spans, answer.words.as_str()), (3, "too old"));
        }
        assert_eq!(read(200, &[], "garbage").rejected_spans, 0);
    }

    #[test]
    fn the_text_of_an_error_is_found_in_each_of_its_forms() {
        // A response of X-Ray: code 7, 54 characters.
        let words = "The security token included in the request is invalid.";
        let status = [b"\x08\x07\x12\x36", words.as_bytes()].concat();
        assert_eq!(read(403, &[("content-type", "application/x-protobuf")], status).words, words);
        let json = r#"{"code":3,"message":"no spans"}"#;
        assert_eq!(read(400, &[("content-type", "application/json; charset=utf-8")], json).words, "no spans");
        assert_eq!(read(404, &[("content-type", "text/plain")], "404 page not found\n").words, "404 page not found");
        assert_eq!(read(404, &[], "").words, "");
        assert_eq!(read(500, &[], "x".repeat(9_999)).words.len(), WORDS_CHARS_MAX);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let wait = |headers: &[(&str, &str)]| read(503, headers, "").retry_after.map(|wait| wait.as_secs());
        assert_eq!(wait(&[("retry-after", "7")]), Some(7));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:49:57 GMT")]), Some(20));
        let date = ("date", "Sun, 06 Nov 1994 08:49:47 GMT");
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:49:57 GMT"), date]), Some(10));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")]), Some(0), "it has passed");
        assert_eq!((wait(&[("retry-after", "soon")]), wait(&[])), (None, None));
    }
}
