//! X-Ray's own OTLP endpoint, as AWS documents it and as others saw it answer: signed requests only, limits of request, resource, span and
//! time, errors as `google.rpc.Status`. A signature's form, scope and date are looked at; whether it is right is for an implementation of
//! the signature that the sender does not share: [`SignedRequest`] holds what that needs.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use http::{StatusCode, header, request::Parts};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use prost::{
    Message,
    encoding::{int32, string},
};
use time::{OffsetDateTime, PrimitiveDateTime, macros::format_description};

/// AWS's page "OTLP Endpoints"; whether MB are decimal it does not say.
const REQUEST_BYTES: usize = 5_000_000;
const REQUEST_SPANS: usize = 10_000;
const RESOURCE_BYTES: usize = 16_000;
const SPAN_BYTES: usize = 200_000;
const AHEAD: Duration = Duration::from_hours(2);
const BACK: Duration = Duration::from_hours(14 * 24);
const GAP: Duration = Duration::from_hours(24);
/// How long a signature is good for, both ways.
const SIGNATURE: Duration = Duration::from_mins(5);

/// A request as it was sent, for whoever signs it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The path.
    pub path: String,
    /// Every header, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, compressed as it came.
    pub body: Bytes,
}

impl SignedRequest {
    pub(super) fn new(head: &Parts, body: &Bytes) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Self { path: head.uri.path().to_owned(), headers, body: body.clone() }
    }
}

/// Why a request is refused whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// As gRPC numbers them.
    pub(super) code: i32,
    pub(super) text: String,
}

const fn denied(text: String) -> Refusal {
    Refusal { status: StatusCode::FORBIDDEN, code: 7, text }
}

const fn invalid(text: String) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, code: 3, text }
}

/// `google.rpc.Status`.
pub(super) fn status(code: i32, text: &str) -> Vec<u8> {
    let mut body = Vec::new();
    int32::encode(1, &code, &mut body);
    string::encode(2, &text.to_owned(), &mut body);
    body
}

/// What is wrong with a request that came at `now`, nanoseconds since 1970.
pub(super) fn refusal(head: &Parts, request: &ExportTraceServiceRequest, now_ns: u64) -> Option<Refusal> {
    signature(head, now_ns).map(denied).or_else(|| limits(request, now_ns).map(invalid))
}

/// Which spans are refused while the others are taken, in the order of the request.
pub(super) fn too_large(request: &ExportTraceServiceRequest) -> Vec<bool> {
    spans(request).map(|span| span.encoded_len() > SPAN_BYTES).collect()
}

fn spans(request: &ExportTraceServiceRequest) -> impl Iterator<Item = &Span> {
    request.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|of| &of.spans)
}

fn signature(head: &Parts, now_ns: u64) -> Option<String> {
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authorization = text(header::AUTHORIZATION.as_str());
    let Some(rest) = authorization.strip_prefix("AWS4-HMAC-SHA256 ") else {
        return Some("Missing Authentication Token".to_owned());
    };
    let part = |name: &str| rest.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let date = text("x-amz-date");
    let scope: Vec<_> = part("Credential").unwrap_or_default().split('/').collect();
    let signed: BTreeSet<_> = part("SignedHeaders").unwrap_or_default().split(';').collect();
    let is_hex = part("Signature").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let [_, day, _, "xray", "aws4_request"] = scope[..] else {
        return Some(format!("Credential should be scoped to correct service: 'xray': {authorization}"));
    };
    let unsigned =
        ["content-encoding", "content-type", "host", "x-amz-date"].iter().find(|name| !signed.contains(*name));
    if let Some(name) = unsigned {
        return Some(format!("{name} is not signed: {authorization}"));
    }
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let signed_at = PrimitiveDateTime::parse(date, format).ok().map(PrimitiveDateTime::assume_utc);
    let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(now_ns)).ok();
    let is_in_time = signed_at.zip(now).is_some_and(|(at, now)| (at - now).unsigned_abs() <= SIGNATURE);
    if !is_hex || !date.starts_with(day) || !is_in_time {
        return Some(format!("Signature expired or not yet current: {date}"));
    }
    None
}

fn limits(request: &ExportTraceServiceRequest, now_ns: u64) -> Option<String> {
    let (bytes, count) = (request.encoded_len(), spans(request).count());
    if bytes > REQUEST_BYTES || count > REQUEST_SPANS {
        return Some(format!("{bytes} bytes, {count} spans in a request"));
    }
    for of in &request.resource_spans {
        let resource = of.resource.as_ref().map_or(0, Message::encoded_len);
        let scope = of.scope_spans.iter().filter_map(|of| of.scope.as_ref()).map(Message::encoded_len).max();
        let bytes = resource + scope.unwrap_or(0);
        if bytes > RESOURCE_BYTES {
            return Some(format!("{bytes} bytes of a resource with its scope"));
        }
    }
    let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let (first, last) =
        (spans(request).map(|s| s.start_time_unix_nano).min()?, spans(request).map(|s| s.end_time_unix_nano).max()?);
    if first < now_ns.saturating_sub(nanos(BACK))
        || last > now_ns + nanos(AHEAD)
        || last.saturating_sub(first) > nanos(GAP)
    {
        return Some(format!("a span from {first} to {last}, and it is {now_ns}"));
    }
    None
}

#[cfg(test)]
mod tests {
    use http::Request;
    use opentelemetry_proto::tonic::{
        resource::v1::Resource,
        trace::v1::{ResourceSpans, ScopeSpans},
    };

    use super::*;

    /// 2026-11-22T08:00:00Z.
    const NOW: u64 = 1_795_334_400_000_000_000;
    const HOUR: u64 = 3_600_000_000_000;

    fn head(authorization: &str, date: &str) -> Parts {
        let request = Request::post("/v1/traces").header("authorization", authorization).header("x-amz-date", date);
        request.body(()).unwrap().into_parts().0
    }

    fn signed(scope: &str, headers: &str) -> String {
        let signature = "ab".repeat(32);
        format!("AWS4-HMAC-SHA256 Credential=ID/{scope}, SignedHeaders={headers}, Signature={signature}")
    }

    fn request(spans: Vec<Span>, resource: Option<Resource>) -> ExportTraceServiceRequest {
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
        }
    }

    fn span(start: u64, end: u64) -> Span {
        Span { start_time_unix_nano: start, end_time_unix_nano: end, ..Span::default() }
    }

    #[test]
    fn a_request_needs_a_signature_for_this_service_and_of_now() {
        let (scope, headers) =
            ("20261122/eu-west-1/xray/aws4_request", "content-encoding;content-type;host;x-amz-date");
        let says = |authorization: &str, date: &str| signature(&head(authorization, date), NOW);
        assert_eq!(says(&signed(scope, headers), "20261122T080459Z"), None);
        for (authorization, date, why) in [
            ("", "20261122T080000Z", "Missing"),
            (&signed("20261122/eu-west-1/logs/aws4_request", headers)[..], "20261122T080000Z", "correct service"),
            (&signed(scope, "host;x-amz-date")[..], "20261122T080000Z", "content-encoding is not signed"),
            (&signed(scope, headers)[..], "20261122T080501Z", "not yet current"),
            (&signed(scope, headers)[..], "", "not yet current"),
        ] {
            assert!(says(authorization, date).is_some_and(|text| text.contains(why)), "{authorization} {date}");
        }
    }

    #[test]
    fn limits_are_those_of_the_page() {
        let of = |spans, resource| limits(&request(spans, resource), NOW);
        assert_eq!(of(vec![span(NOW - 23 * HOUR, NOW)], None), None);
        for bad in [span(NOW - 15 * 24 * HOUR, NOW - 15 * 24 * HOUR), span(NOW, NOW + 3 * HOUR)] {
            assert!(of(vec![bad], None).is_some());
        }
        assert!(of(vec![span(NOW - 25 * HOUR, NOW - 25 * HOUR), span(NOW, NOW)], None).is_some(), "24 h in a request");
        assert!(of(vec![span(NOW, NOW); REQUEST_SPANS + 1], None).is_some());
        let large = Span { name: "x".repeat(SPAN_BYTES), ..span(NOW, NOW) };
        assert_eq!(too_large(&request(vec![span(NOW, NOW), large], None)), [false, true]);
        let attribute = |text: String| opentelemetry_proto::tonic::common::v1::KeyValue {
            key: text,
            ..opentelemetry_proto::tonic::common::v1::KeyValue::default()
        };
        let resource = Resource { attributes: vec![attribute("k".repeat(RESOURCE_BYTES))], ..Resource::default() };
        assert!(of(vec![span(NOW, NOW)], Some(resource)).is_some());
    }

    #[test]
    fn an_error_is_a_status_in_protobuf() {
        assert_eq!(status(7, "no"), b"\x08\x07\x12\x02no");
    }
}
