use super::*;
use crate::attempt_log::AttemptLog;
use futures::FutureExt;
use std::{collections::VecDeque, io, sync::Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// Hands out one end of each pipe; the test holds the other.
struct Pipes(Mutex<VecDeque<DuplexStream>>);

#[async_trait]
impl Connect for Pipes {
    async fn connect(&self) -> io::Result<Box<dyn Io>> {
        let next = self.0.lock().expect("lock").pop_front();
        next.map(|io| Box::new(io) as Box<dyn Io>).ok_or_else(|| io::ErrorKind::ConnectionRefused.into())
    }
}

fn pipes<const N: usize>() -> (HttpTransport, [DuplexStream; N]) {
    let (ours, theirs): (VecDeque<_>, Vec<_>) = (0..N).map(|_| duplex(65_536)).unzip();
    (HttpTransport::new(Pipes(Mutex::new(ours))), theirs.try_into().expect("as many"))
}

fn request() -> Request<Bytes> {
    let request = Request::post("http://localhost:4318/v1/traces").header("x-key", "k");
    request.body(Bytes::from_static(b"spans")).expect("a request")
}

/// Reads one request of five bytes.
async fn read(server: &mut DuplexStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\nspans") {
        text.push(server.read_u8().await.expect("a request"));
    }
    String::from_utf8(text).expect("UTF-8")
}

async fn answer(server: &mut DuplexStream, status: u16) -> String {
    let request = read(server).await;
    let text = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
    server.write_all(text.as_bytes()).await.expect("an answer");
    request
}

/// Both to their ends. Time is paused: a limit passes at once when nothing moves any more, and never before.
async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let limit = std::time::Duration::from_secs(1);
    tokio::time::timeout(limit, async { tokio::join!(a, b) }).await.expect("neither side waits for ever")
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_connection_of_its_own() {
    let (transport, servers) = pipes::<2>();
    for (mut server, status) in servers.into_iter().zip([200, 503]) {
        let attempt_log = AttemptLog::default();
        let (response, request) = both(transport.send(request(), &attempt_log), answer(&mut server, status)).await;
        let response = response.expect("an answer");
        assert_eq!((response.status().as_u16(), &response.body()[..]), (status, &b"ok"[..]));
        assert!(request.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{request}");
        for header in ["host: localhost:4318\r\n", "x-key: k\r\n", "connection: close\r\n"] {
            assert!(request.contains(header), "{header} in {request}");
        }
        assert!(attempt_log.is_sent());
        assert_eq!(server.read(&mut [0]).await.expect("an end"), 0, "closed");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_breaks_is_not_replaced() {
    for half_an_answer in [&b""[..], b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nok"] {
        let (transport, [mut first, _second]) = pipes();
        let attempt_log = AttemptLog::default();
        let breaking = async move {
            read(&mut first).await;
            first.write_all(half_an_answer).await.expect("half an answer");
        };
        let (response, ()) = both(transport.send(request(), &attempt_log), breaking).await;
        assert!(matches!(response, Err(TransportError::Broken(_))) && attempt_log.is_sent());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_length_ends_with_its_connection() {
    let (transport, [mut server]) = pipes();
    let attempt_log = AttemptLog::default();
    let answering = async move {
        read(&mut server).await;
        server.write_all(b"HTTP/1.1 200 X\r\n\r\nok").await.expect("an answer");
    };
    let (response, ()) = both(transport.send(request(), &attempt_log), answering).await;
    assert_eq!(&response.expect("an answer").body()[..], b"ok");
}

#[tokio::test(start_paused = true)]
async fn dropping_a_request_closes_its_connection() {
    let (transport, [mut server]) = pipes();
    let attempt_log = AttemptLog::default();
    let mut sending = Box::pin(transport.send(request(), &attempt_log));
    assert!((&mut sending).now_or_never().is_none());
    assert!(attempt_log.is_sent());
    drop(sending);
    let mut rest = Vec::new();
    server.read_to_end(&mut rest).await.expect("closed");
    assert!(rest.ends_with(b"spans"));
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_nothing_is_sent() {
    let (transport, []) = pipes();
    let attempt_log = AttemptLog::default();
    assert!(matches!(transport.send(request(), &attempt_log).await, Err(TransportError::Connect(_))));
    assert!(!attempt_log.is_sent());
}
