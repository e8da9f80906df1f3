use super::*;
use crate::input::{Input, tests::line};
use bytes::Bytes;
use http::Request;
use lambda_trace_otlp::{AttemptLog, HttpTransport, Tcp, TransportError, TransportLimits};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const NOW: u64 = 1_795_000_100_000_000_000;

/// A collector that gives these answers, then 200, and keeps how many spans each request held.
async fn collector(answers: Vec<String>) -> (String, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let held = Arc::<Mutex<Vec<usize>>>::default();
    let keeps = held.clone();
    tokio::spawn(async move {
        let mut answers = answers.into_iter();
        loop {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut bytes = Vec::new();
            let body = loop {
                socket.read_buf(&mut bytes).await.expect("bytes");
                let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
                let request_head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
                let length =
                    request_head.split("content-length: ").nth(1).and_then(|t| t.lines().next()).expect("a length");
                let length: usize = length.trim().parse().expect("a number");
                if bytes.len() >= at + 4 + length {
                    break bytes[at + 4..].to_vec();
                }
            };
            let request = ExportTraceServiceRequest::decode(Bytes::from(body)).expect("protobuf");
            let spans = request.resource_spans.iter().flat_map(|r| &r.scope_spans).map(|s| s.spans.len()).sum();
            keeps.lock().expect("lock").push(spans);
            let answer = answers.next().unwrap_or_else(|| "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned());
            socket.write_all(answer.as_bytes()).await.expect("sent");
        }
    });
    (address, held)
}

fn status(code: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {code} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

fn spans(count: u64) -> Vec<SpanRecord> {
    let lines: Vec<_> = (1..=count).map(|id| line(id, 99_999, "a", id, id + 1, "")).collect();
    Input::read(lines.join("\n").as_bytes()).spans
}

async fn run(to: &str, spans: &[SpanRecord], settled: HashSet<String>) -> (Summary, HashSet<String>) {
    let mut replay = Replay::new(to, &[], settled).expect("an address");
    let summary = replay.run(spans, NOW, |_| {}).await;
    (summary, replay.settled().clone())
}

fn only(summary: &Summary) -> TraceSummary {
    assert_eq!(summary.traces.len(), 1);
    summary.traces["1-67891233-abcdef012345678912345678"]
}

#[tokio::test]
async fn at_most_fifty_a_request_and_nothing_twice() {
    let (to, held) = collector(Vec::new()).await;
    let (summary, settled) = run(&to, &spans(120), HashSet::new()).await;
    assert!(summary.is_complete());
    assert_eq!(only(&summary), TraceSummary { sent: 120, ..TraceSummary::default() });
    assert_eq!(*held.lock().expect("lock"), [50, 50, 20]);
    let (summary, _) = run(&to, &spans(121), settled).await;
    assert_eq!(only(&summary), TraceSummary { sent: 1, before: 120, ..TraceSummary::default() });
    assert_eq!(held.lock().expect("lock").last(), Some(&1));
}

#[tokio::test]
async fn what_is_refused_stays_to_be_sent_and_its_reason_is_told() {
    let (to, _) = collector(vec![status(400, "", "no such tenant")]).await;
    let (summary, settled) = run(&to, &spans(60), HashSet::new()).await;
    assert_eq!(summary.refusals, [Refusal { spans: 50, reason: "status 400: no such tenant".to_owned() }]);
    assert_eq!((only(&summary).sent, only(&summary).refused, settled.len()), (10, 50, 10));
}

#[tokio::test]
async fn patience_is_given_where_it_is_asked_for() {
    let (to, held) =
        collector(vec![status(503, "retry-after: 0\r\n", ""), status(429, "retry-after: 0\r\n", "")]).await;
    let (summary, _) = run(&to, &spans(3), HashSet::new()).await;
    assert!(summary.is_complete());
    assert_eq!(*held.lock().expect("lock"), [3, 3, 3]);
}

#[tokio::test]
async fn a_partial_success_is_a_refusal_that_is_not_repeated() {
    let partial = ExportTracePartialSuccess { rejected_spans: 2, error_message: "too large".into() };
    let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let body = String::from_utf8(body).expect("ASCII");
    let (to, _) = collector(vec![status(200, "", &body)]).await;
    let (summary, settled) = run(&to, &spans(5), HashSet::new()).await;
    assert_eq!(summary.refusals, [Refusal { spans: 2, reason: "too large".to_owned() }]);
    assert_eq!(settled.len(), 5);
}

#[tokio::test]
async fn spans_that_x_ray_would_refuse_for_their_age_are_named_and_not_sent() {
    let (to, held) = collector(Vec::new()).await;
    let mut old = spans(2);
    old[0].start_ns = NOW - 29 * 24 * 3_600 * 1_000_000_000;
    let (summary, _) = run(&to, &old, HashSet::new()).await;
    assert_eq!(only(&summary), TraceSummary { sent: 1, too_old: 1, ..TraceSummary::default() });
    assert_eq!(*held.lock().expect("lock"), [1]);
}

/// Nobody listens at first: the same patience as with an answer that asks for it.
#[tokio::test(start_paused = true)]
async fn a_collector_that_is_not_there_is_waited_for() {
    let began = tokio::time::Instant::now();
    let (summary, settled) = run("http://127.0.0.1:1", &spans(120), HashSet::new()).await;
    assert_eq!(began.elapsed().as_secs(), 6, "three pauses for the first request, and no other is tried");
    assert!(!summary.is_complete() && settled.is_empty());
    assert_eq!((summary.refusals.len(), summary.refusals[0].spans, only(&summary).refused), (1, 120, 120));
    assert!(summary.refusals[0].reason.contains("refused"), "{:?}", summary.refusals);
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again() {
    let (to, held) = collector(vec![String::new(), status(200, "", "")]).await;
    let (summary, _) = run(&to, &spans(3), HashSet::new()).await;
    assert!(summary.is_complete(), "{:?}", summary.refusals);
    assert_eq!(*held.lock().expect("lock"), [3, 3]);
}

/// X-Ray's own endpoint takes less: fourteen days, and one day in a request.
#[derive(Debug)]
struct Xray(HttpTransport);

#[async_trait::async_trait]
impl Transport for Xray {
    async fn send(
        &self,
        request: Request<Bytes>,
        attempt_log: &AttemptLog,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.0.send(request, attempt_log).await
    }

    fn limits(&self) -> TransportLimits {
        let (span_age, request_span) = (Duration::from_hours(14 * 24), Duration::from_hours(24));
        TransportLimits { span_age, request_span, ..TransportLimits::COLLECTOR }
    }
}

#[tokio::test]
async fn what_a_transport_takes_is_what_is_sent_over_it() {
    const DAY: u64 = 24 * 3_600 * 1_000_000_000;
    let (to, held) = collector(Vec::new()).await;
    let port = to.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let transport = Xray(HttpTransport::new(Tcp::new("127.0.0.1", port)));
    let mut replay = Replay::over(transport, HashSet::new());
    let mut spans = spans(5);
    for (span, days) in spans.iter_mut().zip([15, 0, 13, 1, 0]) {
        span.start_ns = NOW - days * DAY;
        span.end_ns = span.start_ns;
    }
    let summary = replay.run(&spans, NOW, |_| {}).await;
    assert_eq!(only(&summary), TraceSummary { sent: 4, too_old: 1, ..TraceSummary::default() });
    assert_eq!(summary.too_old, ["1-67891233-abcdef012345678912345678 0000000000000001 a"]);
    assert_eq!(*held.lock().expect("lock"), [1, 3], "a day between two spans is the most for one request");
}
