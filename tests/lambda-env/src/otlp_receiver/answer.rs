//! One connection to the collector: reads an export, decides what becomes of it, answers or fails to.

use std::{io, io::Read, sync::Arc};

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

use super::{
    OtlpFault, Span,
    record::{OtlpRequest, Record},
};
use crate::{
    clock::Stamp,
    wire::{self, Connection},
};

const PROTOBUF: &str = "application/x-protobuf";

/// Serves one connection until either side ends it.
pub(super) async fn serve(mut connection: Connection, record: Arc<Record>) {
    // A connection that breaks ends here; what was read on it has been recorded.
    while let Ok(Some(head)) = connection.head().await {
        connection = match export(connection, &record, &head).await {
            Ok(Some(connection)) => connection,
            Ok(None) | Err(_) => return,
        };
    }
}

/// Takes one request. `None` when the connection is to go.
async fn export(mut connection: Connection, record: &Record, head: &Request<()>) -> io::Result<Option<Connection>> {
    let body = connection.body(head.headers()).await?;
    let at = Stamp::now();
    if head.method() != Method::POST || head.uri().path() != "/v1/traces" {
        connection.respond(&wire::reply(StatusCode::NOT_FOUND, "text/plain", "POST /v1/traces")).await?;
        return Ok(Some(connection));
    }
    let (spans, malformed) = match decode(head, &body) {
        Ok(request) => (Span::of_request(&request), None),
        Err(what) => (Vec::new(), Some(what)),
    };
    let fault = record.next_fault();
    let response = answer(fault, spans.len(), malformed.as_deref());
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
            connection.reset();
            return Ok(None);
        }
        Some(OtlpFault::Hang) => {
            connection.gone().await;
            return Ok(None);
        }
        Some(OtlpFault::Slow(time)) => {
            tokio::select! {
                () = tokio::time::sleep(time) => {}
                () = connection.gone() => return Ok(None),
            }
        }
        _ => {}
    }
    connection.respond(&response).await?;
    record.answered(index);
    Ok(Some(connection))
}

fn decode(head: &Request<()>, body: &[u8]) -> Result<ExportTraceServiceRequest, String> {
    let field = |name| head.headers().get(name).map_or(&b""[..], HeaderValue::as_bytes);
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

fn answer(fault: Option<OtlpFault>, spans: usize, malformed: Option<&str>) -> Response<Bytes> {
    if let Some(what) = malformed {
        return wire::reply(StatusCode::BAD_REQUEST, "text/plain", what.to_owned());
    }
    let status = |code| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match fault {
        Some(OtlpFault::Status(code)) => wire::reply(status(code), "text/plain", "injected"),
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

fn success(rejected: usize) -> Response<Bytes> {
    let partial = (rejected > 0).then(|| ExportTracePartialSuccess {
        rejected_spans: i64::try_from(rejected).unwrap_or(i64::MAX),
        error_message: "injected".to_owned(),
    });
    let message = ExportTraceServiceResponse { partial_success: partial };
    wire::reply(StatusCode::OK, PROTOBUF, message.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1::ResourceSpans;

    use super::*;

    #[test]
    fn a_partial_success_keeps_the_first_spans_and_counts_the_rest() {
        assert_eq!(accepted(Some(OtlpFault::PartialSuccess(2)), 5), 3);
        assert_eq!(accepted(Some(OtlpFault::PartialSuccess(9)), 5), 0);
        let response = answer(Some(OtlpFault::PartialSuccess(2)), 5, None);
        let message = ExportTraceServiceResponse::decode(response.into_body()).unwrap();
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
        let (head, gzip) = (head.body(()).unwrap(), gzip.body(()).unwrap());
        assert_eq!(decode(&head, &plain).unwrap(), sent);
        assert_eq!(decode(&gzip, &zipped.finish().unwrap()).unwrap(), sent);
        assert!(decode(&gzip, &plain).is_err());
        assert!(decode(&head, b"{}").is_err());
        assert!(decode(&Request::post("/v1/traces").body(()).unwrap(), &plain).unwrap_err().contains("content type"));
    }

    #[test]
    fn a_whole_success_says_nothing_of_rejected_spans() {
        assert!(answer(None, 5, None).body().is_empty());
    }

    #[test]
    fn a_lost_answer_is_a_delivery_and_a_reset_is_none() {
        assert_eq!(accepted(Some(OtlpFault::AnswerLost), 5), 5);
        assert_eq!(accepted(Some(OtlpFault::Reset), 5), 0);
        assert_eq!(accepted(Some(OtlpFault::Hang), 5), 0);
    }
}
