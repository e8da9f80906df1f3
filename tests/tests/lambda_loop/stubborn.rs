//! A Runtime API that answers early and keeps the connection: nothing but the answer itself tells that the stream is over.

use crate::bench::{Setup, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
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

#[tokio::test]
async fn an_early_answer_ends_the_stream_though_the_connection_stays() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let setup = Setup { stream_max_ms: 0, ..Setup::default() };
    let function = setup.start_at(listener.local_addr().expect("an address"));

    let (mut next, _) = within(listener.accept()).await.expect("a connection");
    assert!(read_until(&mut next, "\r\n\r\n").await.starts_with("GET /2018-06-01/runtime/invocation/next "));
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
