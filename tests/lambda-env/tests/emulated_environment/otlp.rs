//! The collector's faults, as a client feels them.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use lambda_env::{OtlpFault, OtlpReceiver};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;

use crate::within;

/// Sends this many spans on a connection of its own. The status, `Retry-After` and the body; or nothing.
async fn export(receiver: &OtlpReceiver, spans: u8) -> Option<(u16, Option<String>, Bytes)> {
    let span = |number: u8| Span {
        name: format!("span {number}"),
        trace_id: vec![1; 16],
        span_id: vec![number; 8],
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: (0..spans).map(span).collect(), ..ScopeSpans::default() }];
    let request =
        ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] };
    let request = http::Request::post(format!("{}/v1/traces", receiver.endpoint()))
        .header("content-type", "application/x-protobuf")
        .body(Full::new(Bytes::from(request.encode_to_vec())))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = tokio::time::timeout(Duration::from_millis(400), client.request(request)).await.ok()?.ok()?;
    let retry = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    Some((status, retry, response.into_body().collect().await.ok()?.to_bytes()))
}

#[tokio::test]
async fn spans_are_recorded_with_arrival_and_answer() {
    let receiver = OtlpReceiver::start().unwrap();
    assert_eq!(export(&receiver, 3).await.unwrap().0, 200);
    let spans = within(receiver.wait_for(3)).await;
    assert_eq!((spans[2].span.name.as_str(), spans[2].span.span_id.as_str()), ("span 2", "0202020202020202"));
    let requests = receiver.requests();
    assert_eq!((requests[0].spans, requests[0].accepted, requests[0].malformed.clone()), (3, 3, None));
    assert!(requests[0].answered.unwrap() >= requests[0].at);
}

#[tokio::test]
async fn statuses_reach_the_client_and_keep_nothing() {
    let receiver = OtlpReceiver::start().unwrap();
    for fault in [OtlpFault::Status(500), OtlpFault::Status(429), OtlpFault::Status(400), OtlpFault::RetryAfter(503, 2)]
    {
        receiver.set_fault(Some(fault)).await.unwrap();
        let (status, retry, _) = export(&receiver, 1).await.unwrap();
        match fault {
            OtlpFault::Status(expected) => assert_eq!((status, retry), (expected, None)),
            _ => assert_eq!((status, retry.as_deref()), (503, Some("2"))),
        }
    }
    assert!(receiver.spans().iter().all(|span| !span.accepted));
    receiver.set_fault(None).await.unwrap();
    assert_eq!(export(&receiver, 1).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_closed_port_refuses_at_once_keeps_its_number_and_opens_again() {
    let receiver = OtlpReceiver::start().unwrap();
    for _ in 0..5 {
        receiver.set_fault(Some(OtlpFault::Refuse)).await.unwrap();
        let error = tokio::net::TcpStream::connect(receiver.address()).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(std::net::TcpListener::bind(receiver.address()).is_err(), "somebody else can take the port");
        receiver.set_fault(None).await.unwrap();
        assert_eq!(export(&receiver, 1).await.unwrap().0, 200);
    }
}

#[tokio::test]
async fn closing_drops_connections_that_were_open() {
    use tokio::io::AsyncReadExt;
    let receiver = OtlpReceiver::start().unwrap();
    let mut open = tokio::net::TcpStream::connect(receiver.address()).await.unwrap();
    assert_eq!(export(&receiver, 1).await.unwrap().0, 200);
    receiver.set_fault(Some(OtlpFault::Refuse)).await.unwrap();
    let end = within(open.read(&mut [0; 8])).await;
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}

#[tokio::test]
async fn a_reset_is_a_reset_and_no_close() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let receiver = OtlpReceiver::start().unwrap();
    receiver.set_fault(Some(OtlpFault::Reset)).await.unwrap();
    let mut client = tokio::net::TcpStream::connect(receiver.address()).await.unwrap();
    client.write_all(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    let end = within(client.read(&mut [0; 8])).await.unwrap_err();
    assert_eq!(end.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn without_an_answer_only_the_receiver_knows_what_was_delivered() {
    let receiver = OtlpReceiver::start().unwrap();
    receiver.queue_faults([Some(OtlpFault::Reset), Some(OtlpFault::Hang), Some(OtlpFault::AnswerLost), None]);
    for (answered, accepted) in [(false, 0), (false, 0), (false, 2), (true, 2)] {
        assert_eq!(export(&receiver, 2).await.is_some(), answered);
        let last = receiver.requests().pop().unwrap();
        assert_eq!((last.accepted, last.answered.is_some()), (accepted, answered), "{last:?}");
    }
}

#[tokio::test]
async fn slow_partial_and_rejecting_answers() {
    let receiver = OtlpReceiver::start().unwrap();
    let slow = OtlpFault::Slow(Duration::from_millis(100));
    receiver.queue_faults([Some(slow), Some(OtlpFault::PartialSuccess(1)), Some(OtlpFault::RejectAll)]);
    export(&receiver, 1).await.unwrap();
    let request = &receiver.requests()[0];
    assert!(request.answered.unwrap().since(&request.at) >= Duration::from_millis(95));
    for rejected in [1, 3] {
        let (status, _, body) = export(&receiver, 3).await.unwrap();
        let partial = ExportTraceServiceResponse::decode(body).unwrap().partial_success.unwrap();
        assert_eq!((status, partial.rejected_spans), (200, rejected));
    }
    assert_eq!(receiver.spans().iter().filter(|span| span.accepted).count(), 1 + 2);
}
