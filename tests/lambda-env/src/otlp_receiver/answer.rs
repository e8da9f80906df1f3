//! One export to the collector: reads it, decides what becomes of it, answers or fails to.

use std::{io::Read, sync::Arc};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use http_body_util::Full;
use hyper::body::Incoming;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

use super::{
    OtlpFault, SignedRequest, Span,
    record::{OtlpRequest, Record},
    xray,
};
use crate::{
    clock::Stamp,
    wire::{self, Answer, Peer, Unanswered},
};

const PROTOBUF: &str = "application/x-protobuf";

/// Takes one request.
pub(super) async fn export(request: http::Request<Incoming>, peer: Peer, record: Arc<Record>) -> Answer {
    let (head, body) = request.into_parts();
    let body = wire::whole(body).await?;
    let at = Stamp::now();
    if head.method != Method::POST || head.uri.path() != "/v1/traces" {
        return Ok(wire::reply(StatusCode::NOT_FOUND, "text/plain", "POST /v1/traces"));
    }
    if record.is_xray {
        record.add_signed(SignedRequest::new(&head, &body));
    }
    let decoded = decode(&head, &body);
    let refusal = decoded.as_ref().ok().filter(|_| record.is_xray).and_then(|request| {
        // Later than 2500 a test has other troubles.
        let now_ns = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp_nanos()).unwrap_or(u64::MAX);
        xray::refusal(&head, request, now_ns)
    });
    let (spans, too_large, malformed) = match decoded {
        Ok(request) => {
            let (spans, too_large) = kept_first(&request, record.is_xray);
            (spans, too_large, refusal.as_ref().map(|refusal| refusal.text.clone()))
        }
        Err(what) => (Vec::new(), 0, Some(what)),
    };
    let fault = match record.next_fault() {
        None if too_large > 0 => Some(OtlpFault::PartialSuccess(too_large)),
        fault => fault,
    };
    let response = match &refusal {
        Some(refusal) => wire::reply(refusal.status, PROTOBUF, xray::status(refusal.code, &refusal.text)),
        None => answer(fault, spans.len(), malformed.as_deref()),
    };
    let accepted = if malformed.is_some() { 0 } else { accepted(fault, spans.len()) };
    let index = record.add(
        OtlpRequest {
            at,
            bytes: body.len(),
            spans: spans.len(),
            accepted,
            fault,
            answered: None,
            status: response.status().as_u16(),
            malformed,
        },
        spans,
    );
    match fault {
        Some(OtlpFault::Reset | OtlpFault::Refuse | OtlpFault::AnswerLost) => {
            peer.reset();
            return Err(Unanswered);
        }
        // Dropped once the client is gone.
        Some(OtlpFault::Hang) => std::future::pending().await,
        Some(OtlpFault::Slow(time)) => tokio::time::sleep(time).await,
        _ => {}
    }
    record.answered(index);
    Ok(response)
}

/// The spans of a request, and how many of them, the last ones, are larger than X-Ray takes.
fn kept_first(request: &ExportTraceServiceRequest, is_xray: bool) -> (Vec<Span>, usize) {
    let spans = Span::of_request(request);
    if !is_xray {
        return (spans, 0);
    }
    let mut too_large = xray::too_large(request).into_iter();
    let (last, mut first): (Vec<_>, Vec<_>) = spans.into_iter().partition(|_| too_large.next().unwrap_or(false));
    let count = last.len();
    first.extend(last);
    (first, count)
}

fn decode(head: &Parts, body: &[u8]) -> Result<ExportTraceServiceRequest, String> {
    let field = |name| head.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    if field(header::CONTENT_TYPE) != PROTOBUF.as_bytes() {
        return Err(format!("content type {:?}", String::from_utf8_lossy(field(header::CONTENT_TYPE))));
    }
    let plain = if field(header::CONTENT_ENCODING) == b"gzip" {
        let mut plain = Vec::new();
        GzDecoder::new(body).read_to_end(&mut plain).map_err(|error| error.to_string())?;
        Bytes::from(plain)
    } else {
        Bytes::copy_from_slice(body)
    };
    ExportTraceServiceRequest::decode(plain).map_err(|error| error.to_string())
}

/// How many of a request's spans the collector keeps under this fault: the first ones.
fn accepted(fault: Option<OtlpFault>, spans: usize) -> usize {
    match fault {
        None | Some(OtlpFault::Slow(_) | OtlpFault::AnswerLost | OtlpFault::Garbage) => spans,
        Some(OtlpFault::PartialSuccess(rejected)) => spans.saturating_sub(rejected),
        Some(_) => 0,
    }
}

fn answer(fault: Option<OtlpFault>, spans: usize, malformed: Option<&str>) -> Response<Full<Bytes>> {
    if let Some(what) = malformed {
        return wire::reply(StatusCode::BAD_REQUEST, "text/plain", what.to_owned());
    }
    let status = |code| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match fault {
        Some(OtlpFault::Status(code)) => wire::reply(status(code), "text/plain", "injected"),
        Some(OtlpFault::Says(status_code, code, text)) => {
            wire::reply(status(status_code), PROTOBUF, xray::status(code, text))
        }
        Some(OtlpFault::RetryAfter(code, seconds)) => {
            let mut response = wire::reply(status(code), "text/plain", "injected");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Some(OtlpFault::PartialSuccess(rejected)) => success(rejected.min(spans)),
        Some(OtlpFault::RejectAll) => success(spans),
        Some(OtlpFault::Garbage) => wire::reply(StatusCode::OK, PROTOBUF, &b"\xff\xff\xff\xff"[..]),
        _ => success(0),
    }
}

fn success(rejected: usize) -> Response<Full<Bytes>> {
    let partial = (rejected > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(rejected).unwrap_or(i64::MAX),
        error_message: "injected".to_owned(),
    });
    let message = ExportTraceServiceResponse { partial_success: partial };
    wire::reply(StatusCode::OK, PROTOBUF, message.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use http::Request;
    use opentelemetry_proto::tonic::trace::v1::ResourceSpans;

    use super::*;

    fn parts(request: http::request::Builder) -> Parts {
        request.body(()).unwrap().into_parts().0
    }

    fn body(response: Response<Full<Bytes>>) -> Bytes {
        use futures::FutureExt;
        use http_body_util::BodyExt;
        response.into_body().collect().now_or_never().unwrap().unwrap().to_bytes()
    }

    #[test]
    fn a_partial_success_keeps_the_first_spans_and_counts_the_rest() {
        assert_eq!(accepted(Some(OtlpFault::PartialSuccess(2)), 5), 3);
        assert_eq!(accepted(Some(OtlpFault::PartialSuccess(9)), 5), 0);
        let response = answer(Some(OtlpFault::PartialSuccess(2)), 5, None);
        let message = ExportTraceServiceResponse::decode(body(response)).unwrap();
        assert_eq!(message.partial_success.unwrap().rejected_spans, 2);
    }

    #[test]
    fn compressed_and_plain_bodies_read_alike_and_anything_else_is_malformed() {
        use std::io::Write;
        let sent = ExportTraceServiceRequest { resource_spans: vec![ResourceSpans::default()] };
        let plain = sent.encode_to_vec();
        let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zipped.write_all(&plain).unwrap();
        let head = Request::post("/v1/traces").header("content-type", PROTOBUF);
        let gzip = Request::post("/v1/traces").header("content-type", PROTOBUF).header("content-encoding", "gzip");
        let (head, gzip) = (parts(head), parts(gzip));
        assert_eq!(decode(&head, &plain).unwrap(), sent);
        assert_eq!(decode(&gzip, &zipped.finish().unwrap()).unwrap(), sent);
        assert!(decode(&gzip, &plain).is_err());
        assert!(decode(&head, b"{}").is_err());
        assert!(decode(&parts(Request::post("/v1/traces")), &plain).unwrap_err().contains("content type"));
    }

    #[test]
    fn a_whole_success_says_nothing_of_rejected_spans() {
        assert!(body(answer(None, 5, None)).is_empty());
    }

    #[test]
    fn a_lost_answer_is_a_delivery_and_a_reset_is_none() {
        assert_eq!(accepted(Some(OtlpFault::AnswerLost), 5), 5);
        assert_eq!(accepted(Some(OtlpFault::Reset), 5), 0);
        assert_eq!(accepted(Some(OtlpFault::Hang), 5), 0);
    }
}
