//! The function's URL: what callers get, as Lambda documents it.

use std::{net::SocketAddr, time::Duration};

use lambda_env::{
    Outcome, Stamp, UrlOptions, UrlServer,
    notice::{Ended, Event},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{fixture, get, within};

/// The end of a body in HTTP's chunked coding.
const END: &str = "\r\n0\r\n\r\n";

async fn server(environments: usize, faults: &[&str]) -> UrlServer {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let options = UrlOptions { environments, faults, ..UrlOptions::default() };
    within(UrlServer::start(fixture().timeout(Duration::from_secs(5)), options)).await.unwrap()
}

async fn ended(server: &mut UrlServer) -> Ended {
    within(async {
        loop {
            if let Some(Event::Ended(ended)) = server.notice().await.map(|notice| notice.event) {
                return *ended;
            }
        }
    })
    .await
}

#[tokio::test]
async fn chunks_come_as_they_are_made() {
    let server = server(1, &[]).await;
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    socket.write_all(b"GET /stream?n=5&ms=100 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut text, mut first) = (String::new(), None);
    let mut buffer = [0; 4_096];
    while let Ok(read @ 1..) = within(socket.read(&mut buffer)).await {
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        if text.contains("data: ") {
            first.get_or_insert_with(Stamp::now);
        }
    }
    assert!(first.unwrap().elapsed() >= Duration::from_millis(300), "the first event came with the last");
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("content-type: text/event-stream"), "{text}");
    assert!(text.contains("set-cookie: a=b") && text.contains("x-amzn-trace-id: Root=1-"), "{text}");
    assert_eq!((text.matches("data: ").count(), text.ends_with(END)), (5, true), "{text}");
}

#[tokio::test]
async fn a_buffered_response_and_the_event_behind_it() {
    let server = server(1, &[]).await;
    let answer = get(server.address(), "/context?a=b%20c&a=d").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\r\nx: 1\r\n"), "{answer}");
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["event"]["version"], "2.0");
    assert_eq!(body["event"]["queryStringParameters"]["a"], "b c,d");
    assert!(body["event"]["headers"]["x-amzn-trace-id"].as_str().unwrap().starts_with("Root=1-"));
}

#[tokio::test]
async fn a_function_that_fails_is_a_bad_gateway_and_one_that_fails_later_breaks_off() {
    let mut server = server(1, &[]).await;
    let address = server.address();
    let answer = get(address, "/nowhere").await;
    assert!(answer.starts_with("HTTP/1.1 502") && answer.ends_with("Internal Server Error"), "{answer}");
    assert!(matches!(ended(&mut server).await.outcome, Outcome::Error { .. }));
    for (target, outcome) in [("/truncated", Outcome::Truncated), ("/exit", Outcome::Exited)] {
        let answer = get(address, target).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("data: 1"), "{answer}");
        assert!(!answer.ends_with(END), "the caller has to see that {target} was cut: {answer}");
        assert_eq!(ended(&mut server).await.outcome, outcome);
    }
    // A process that ended is started anew by the next request.
    assert!(get(address, "/stream?n=1").await.ends_with(END));
    within(server.shut_down()).await;
}

#[tokio::test]
async fn a_request_that_finds_every_environment_taken_gets_429() {
    let server = server(2, &[]).await;
    let address = server.address();
    let streams: Vec<_> = (0..2).map(|_| tokio::spawn(get(address, "/stream?n=10&ms=100"))).collect();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let answer = get(address, "/stream?n=1").await;
    assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("Rate Exceeded"), "{answer}");
    for stream in streams {
        assert!(within(stream).await.unwrap().ends_with(END));
    }
    // One after another need one environment, even without a pause between them.
    for _ in 0..5 {
        assert!(get(address, "/stream?n=1").await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn faults_take_place_in_the_requests_that_they_name() {
    // A second environment, because after its connection was cut a function is busy for a while.
    let mut server = server(2, &["kill@50ms#2", "time-limit:200ms#3", "cut@chunk:3#4", "no-trace#5"]).await;
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        get(server.address(), "/stream?n=10&ms=50").await;
        let ended = ended(&mut server).await;
        outcomes.push((ended.outcome, ended.trace.is_some()));
    }
    let whole = Outcome::Complete;
    let expected = [
        (whole.clone(), true),
        (Outcome::Exited, true),
        (Outcome::TimedOut, true),
        (Outcome::Cut, true),
        (whole, false),
    ];
    assert_eq!(outcomes, expected);
}

#[tokio::test]
async fn a_caller_that_leaves_is_not_reported_to_the_function() {
    let mut server = server(1, &[]).await;
    let mut socket = TcpStream::connect(server.address()).await.unwrap();
    socket.write_all(b"GET /stream?n=10&ms=30 HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut buffer = [0; 16];
    within(socket.read_exact(&mut buffer)).await.unwrap();
    drop(socket);
    let ended = ended(&mut server).await;
    assert_eq!((ended.outcome, ended.chunks, ended.caller_left), (Outcome::Complete, 10, true));
}

#[tokio::test]
async fn managed_instances_take_as_many_as_they_have_workers() {
    let options = UrlOptions { start_at_once: true, ..UrlOptions::default() };
    let server = within(UrlServer::start(fixture().managed_instances(4), options)).await.unwrap();
    let address: SocketAddr = server.address();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let streams: Vec<_> = (0..4).map(|_| tokio::spawn(get(address, "/stream?n=5&ms=100"))).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(get(address, "/stream?n=1").await.starts_with("HTTP/1.1 429"));
    for stream in streams {
        assert!(within(stream).await.unwrap().ends_with(END));
    }
    assert!(within(server.shut_down()).await[0].1.killed, "no extension, no SIGTERM");
}

#[tokio::test]
async fn a_function_that_does_not_start_is_a_bad_gateway() {
    let builder = fixture().var("FIXTURE_INIT", "error");
    let mut server = within(UrlServer::start(builder, UrlOptions::default())).await.unwrap();
    assert!(get(server.address(), "/").await.starts_with("HTTP/1.1 502"));
    let notice = within(server.notice()).await.unwrap();
    let Event::StartFailed(request, reason) = notice.event else { panic!("{notice:?}") };
    assert!(request.number == 1 && reason.contains("A is not set"), "{reason}");
}
