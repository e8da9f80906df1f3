//! A Runtime API that answers early and keeps the connection: nothing but the answer itself tells that the stream is over.
//! And one that takes nothing.

use crate::bench::{Setup, table_of, within};
use lambda_trace::Clock;
use sse_adapters::{memory::MemoryTelemetry, system::SystemClock};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

const EVENT: &str = r#"{"version":"2.0","rawPath":"/api/v2/stream","headers":{},"isBase64Encoded":false,
    "requestContext":{"http":{"method":"GET"},"timeEpoch":0}}"#;

/// Reads until `end` was seen; the connection stays open.
async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(end) {
        assert!(within(socket.read_buf(&mut read)).await.expect("bytes") > 0, "closed before {end:?}");
    }
    String::from_utf8_lossy(&read).into_owned()
}

/// The connection on which the function asks for its first event. That there is no Extensions API here is no reason not to.
async fn asked(listener: &TcpListener) -> TcpStream {
    let (mut extension, _) = within(listener.accept()).await.expect("a connection");
    let registration = read_until(&mut extension, "{\"events\":[]}").await;
    assert!(registration.starts_with("POST /2020-01-01/extension/register "), "{registration}");
    extension.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.expect("sent");
    let (mut next, _) = within(listener.accept()).await.expect("a connection");
    let request = read_until(&mut next, "\r\n\r\n").await;
    assert!(request.starts_with("GET /2018-06-01/runtime/invocation/next "), "{request}");
    next
}

#[tokio::test]
async fn an_early_answer_ends_the_stream_though_the_connection_stays() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let setup = Setup { stream_max_ms: 0, ..Setup::default() };
    let function = setup.start_at(listener.local_addr().expect("an address"), MemoryTelemetry::default());

    let mut next = asked(&listener).await;
    // No deadline, so the stream by itself would go on for a minute.
    let answer = format!(
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r-1\r\nContent-Length: {}\r\n\r\n{EVENT}",
        EVENT.len()
    );
    next.write_all(answer.as_bytes()).await.expect("sent");

    let (mut post, _) = within(listener.accept()).await.expect("a connection");
    let begin = read_until(&mut post, "event: heartbeat").await;
    assert!(begin.starts_with("POST /2018-06-01/runtime/invocation/r-1/response "), "{begin}");
    post.write_all(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n").await.expect("sent");

    // On the connection that was kept, and while the other one is still open on this side.
    assert!(read_until(&mut next, "\r\n\r\n").await.starts_with("GET /2018-06-01/runtime/invocation/next "));
    let mut rest = Vec::new();
    // A reset is as good an end as any.
    let _ = within(post.read_to_end(&mut rest)).await;
    assert!(!String::from_utf8_lossy(&rest).contains("event: deadline"));
    function.abort();
}

/// Bytes that may lie between a stream and a reader that stands still: 128 KiB in the kernel's send buffer, the receive buffer
/// below as much as Linux makes of it, and what the last writes are over those.
const HELD_BYTES_MAX: usize = 400_000;
/// Events that may lie in hyper's buffer when the connection is cut: two writes of 16 KiB.
const UNSENT_EVENTS_MAX: usize = 250;

/// Rule: Slow readers.
#[tokio::test]
async fn what_a_reader_that_stands_still_has_not_got_hardly_counts() {
    let socket = TcpSocket::new_v4().expect("a socket");
    // As connections inherit it.
    socket.set_recv_buffer_size(65_536).expect("bounded");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let listener = socket.listen(8).expect("a listener");
    let setup = Setup { stream_max_ms: 0, poller: Some(Arc::new(table_of(20_000))), ..Setup::default() };
    let telemetry = MemoryTelemetry::default();
    let function = setup.start_at(listener.local_addr().expect("an address"), telemetry.clone());

    let mut next = asked(&listener).await;
    let deadline_ms = SystemClock.now().millis() + 3_000;
    let now = SystemClock.now().millis() / 1_000;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r-1\r\nLambda-Runtime-Deadline-Ms: {deadline_ms}\r\n\
         Lambda-Runtime-Trace-Id: Root=1-{now:08x}-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1\r\n\
         Content-Length: {}\r\n\r\n{EVENT}",
        EVENT.len()
    );
    next.write_all(answer.as_bytes()).await.expect("sent");
    let (mut post, _) = within(listener.accept()).await.expect("a connection");
    // Nothing is read until the deadline has cut the stream.
    assert!(read_until(&mut next, "\r\n\r\n").await.starts_with("GET /2018-06-01/runtime/invocation/next "));
    let mut read = Vec::new();
    let _ = within(post.read_to_end(&mut read)).await;
    let events = String::from_utf8_lossy(&read).matches("event: ").count();
    let records = telemetry.records();
    let stream = records.iter().find(|record| record.name == "sse_stream").expect("the stream's span");
    let counted = stream.attributes["events_yielded"].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a count");
    println!("{} bytes and {events} events read, {counted} counted", read.len());
    assert!(read.len() <= HELD_BYTES_MAX, "{} bytes lay in between", read.len());
    assert!(events > 0 && counted <= events + UNSENT_EVENTS_MAX, "{counted} counted, {events} read");
    function.abort();
}
