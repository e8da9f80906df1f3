//! The command line: `serve` and its exit codes.

use crate::program::{path, terminate, within};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::{TcpSocket, TcpStream},
    process::{Child, ChildStdout, Command},
};

pub(crate) struct Server {
    child: Child,
    address: String,
    _out: Lines<BufReader<ChildStdout>>,
}

fn program(args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path());
    command.args(args).env_clear().envs(variables.iter().copied()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) async fn serve(args: &[&str], variables: &[(&str, &str)]) -> Server {
    let args = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
    let mut child = program(&args, variables).spawn().expect("a process");
    let mut out = BufReader::new(child.stdout.take().expect("piped")).lines();
    let first = within(out.next_line()).await.expect("text").expect("a line");
    let address = first.strip_prefix("listening on http://").expect("the address").to_owned();
    Server { child, address, _out: out }
}

impl Server {
    async fn request(&self, head: &str) -> TcpStream {
        let mut socket = TcpStream::connect(&self.address).await.expect("a connection");
        let head = format!("{head}\r\nHost: {}\r\n\r\n", self.address);
        socket.write_all(head.as_bytes()).await.expect("sent");
        socket
    }

    /// The whole answer of a request that says `Connection: close`.
    pub(crate) async fn ask(&self, head: &str) -> String {
        let mut socket = self.request(&format!("{head}\r\nConnection: close")).await;
        let mut answer = Vec::new();
        within(socket.read_to_end(&mut answer)).await.expect("an answer");
        String::from_utf8(answer).expect("text")
    }

    async fn terminate(mut self) -> (Option<i32>, String) {
        let mut err = self.child.stderr.take().expect("piped");
        terminate(&self.child);
        let status = within(self.child.wait()).await.expect("an end");
        let mut log = String::new();
        within(err.read_to_string(&mut log)).await.expect("text");
        (status.code(), log)
    }
}

async fn outcome(args: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = within(program(args, variables).output()).await.expect("a process");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn sigterm_ends_streams_with_done_and_exit_0() {
    let _turn = crate::turns::shared().await;
    let server = serve(&[], &[]).await;
    let mut stream = server.request("GET /api/v2/stream HTTP/1.1").await;
    let mut begin = Vec::new();
    while !String::from_utf8_lossy(&begin).contains("event: heartbeat") {
        assert!(within(stream.read_buf(&mut begin)).await.expect("bytes") > 0, "it goes on");
    }
    let rest = tokio::spawn(async move {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.expect("an end");
        String::from_utf8_lossy(&rest).into_owned()
    });
    let (code, log) = server.terminate().await;
    assert_eq!(code, Some(0), "{log}");
    let rest = within(rest).await.expect("no panic");
    assert!(rest.contains("event: done\nretry: ") && rest.contains("data: {\"reason\":\"shutdown\"}"), "{rest}");
    assert!(rest.ends_with("0\r\n\r\n"), "the body is whole");
    assert!(log.contains("stream ended") && log.contains("end_reason=\"shutdown\""), "{log}");
}

#[tokio::test]
async fn a_client_that_leaves_gives_its_slot_back() {
    let _turn = crate::turns::shared().await;
    let server = serve(&[], &[("SSE_MAX_CONNECTIONS", "1")]).await;
    let mut stream = server.request("GET /api/v2/stream HTTP/1.1").await;
    within(stream.read_u8()).await.expect("a byte");
    assert!(server.ask("GET /api/v2/stream HTTP/1.1").await.starts_with("HTTP/1.1 503 "));
    drop(stream);
    let freed = async {
        while !server.ask("GET /api/v2/stream/status HTTP/1.1").await.contains("\"available\":1") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(freed).await;
}

#[tokio::test]
async fn items_of_a_file_are_streamed() {
    let _turn = crate::turns::shared().await;
    let file = std::env::temp_dir().join(format!("sse-items-{}.jsonl", std::process::id()));
    let item = r#"{"source_id":"a","sentiment":"negative","score":-0.25,"matched_tickers":["zzz"]}"#;
    std::fs::write(&file, item).expect("a file");
    let server = serve(&["--items", file.to_str().expect("text")], &[("SSE_STREAM_MAX_MS", "200")]).await;
    let stream = server.ask("GET /api/v2/stream HTTP/1.1").await;
    std::fs::remove_file(&file).expect("removed");
    assert!(stream.contains(r#""ticker":"ZZZ","score":-0.25,"label":"negative""#), "{stream}");
    assert!(stream.contains(r#"data: {"reason":"stream_max"}"#), "{stream}");
}

/// 20,000 tickers, 3 MB of events, at a reader that takes nothing: what counts is what it can still read, and little more.
/// Rule: Slow readers.
#[tokio::test]
async fn what_a_reader_that_stands_still_has_not_got_hardly_counts() {
    /// As much as hyper and one more write hold, in events of about 170 bytes.
    const UNSENT_EVENTS_MAX: usize = 600;
    /// The kernel's send buffer of 128 KiB, the receive buffer below, and what the last writes are over those.
    const HELD_BYTES_MAX: usize = 500_000;
    let _turn = crate::turns::shared().await;
    let file = std::env::temp_dir().join(format!("sse-many-{}.jsonl", std::process::id()));
    let line = |n: usize| {
        let tickers: Vec<_> = (0..50).map(|m| format!("\"T{}\"", n * 50 + m)).collect();
        let tickers = tickers.join(",");
        format!(r#"{{"source_id":"{n}","sentiment":"negative","score":-0.25,"matched_tickers":[{tickers}]}}"#)
    };
    std::fs::write(&file, (0..400).map(line).collect::<Vec<_>>().join("\n")).expect("a file");
    let args = ["--timeout-s", "3", "--items", file.to_str().expect("text")];
    let server = serve(&args, &[("SSE_DEADLINE_MARGIN_MS", "1000")]).await;
    std::fs::remove_file(&file).expect("removed");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(65_536).expect("bounded");
    let mut stream = socket.connect(server.address.parse().expect("an address")).await.expect("a connection");
    stream.write_all(b"GET /api/v2/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    within(stream.readable()).await.expect("a byte");
    // Nothing is read until the deadline has cut the stream.
    while !server.ask("GET /api/v2/stream/status HTTP/1.1").await.contains("\"connections\":0") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut read = Vec::new();
    let _ = within(stream.read_to_end(&mut read)).await;
    let events = String::from_utf8_lossy(&read).matches("event: ").count();
    let (_, log) = server.terminate().await;
    let counted = log.split(" events=").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
    let counted = counted.expect("a count of events");
    println!("{} bytes and {events} events read, {counted} counted", read.len());
    assert!(read.len() <= HELD_BYTES_MAX, "{} bytes lay in between", read.len());
    assert!(events > 0 && counted <= events + UNSENT_EVENTS_MAX, "{counted} counted, {events} read");
}

#[tokio::test]
async fn the_page_its_spans_and_other_local_pages() {
    let _turn = crate::turns::shared().await;
    let server = serve(&[], &[("SSE_STREAM_MAX_MS", "200")]).await;
    assert!(server.ask("GET / HTTP/1.1").await.contains("<!doctype html>"));
    for slashes in ["//", "///"] {
        assert!(server.ask(&format!("GET {slashes} HTTP/1.1")).await.contains("<!doctype html>"), "{slashes}");
    }
    for (path, status) in [("//_local///spans", 200), ("/_local/spans/", 404), ("/_local/", 404)] {
        let answer = server.ask(&format!("GET {path} HTTP/1.1")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    assert!(server.ask("HEAD / HTTP/1.1").await.starts_with("HTTP/1.1 405 "));
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let root = format!("1-{now:08x}-abcdef012345678912345678");
    let trace = format!("X-Amzn-Trace-Id: Root={root};Parent=53995c3f42cd8ad8;Sampled=1");
    let stream = server.ask(&format!("GET /api/v2/stream HTTP/1.1\r\n{trace}\r\nOrigin: http://localhost:3000")).await;
    assert!(stream.contains(&root), "{stream}");
    assert!(stream.contains("access-control-allow-origin: http://localhost:3000"), "{stream}");
    let spans = server.ask("GET /_local/spans HTTP/1.1").await;
    let body = spans.split("\r\n\r\n").nth(1).expect("a body");
    let spans: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let spans = spans["spans"].as_array().expect("a list");
    let root = spans.iter().find(|span| span["name"] == "sse_stream").expect("the stream's span");
    assert_eq!(
        (&root["parent_id"], &root["attributes"]["end_reason"]),
        (&"53995c3f42cd8ad8".into(), &"stream_max".into())
    );
    let of_trace: Vec<_> = spans.iter().filter(|span| span["trace_id"] == root["trace_id"]).collect();
    let of_phase = |phase: &str| of_trace.iter().filter(|span| span["phase"] == phase).count();
    assert!(of_phase("handler") == 1 && of_phase("streaming") > 2, "{of_trace:?}");
    assert!(of_trace.iter().all(|span| span["delivered"] == true && span["document_bytes"].as_u64() > Some(370)));
    let preflight =
        "OPTIONS /api/v2/stream HTTP/1.1\r\nOrigin: http://localhost:3000\r\nAccess-Control-Request-Method: GET";
    assert!(server.ask(preflight).await.starts_with("HTTP/1.1 204 "));
    let foreign = "OPTIONS /api/v2/stream HTTP/1.1\r\nOrigin: http://example.com\r\nAccess-Control-Request-Method: GET";
    assert!(server.ask(foreign).await.starts_with("HTTP/1.1 405 "));
}

#[tokio::test]
async fn an_http_1_0_client_gets_one_answer_and_the_end() {
    let _turn = crate::turns::shared().await;
    let server = serve(&[], &[("SSE_STREAM_MAX_MS", "100")]).await;
    for path in ["/api/v2/stream", "/api/v2/stream/status", "/nowhere", "/"] {
        let mut socket = server.request(&format!("GET {path} HTTP/1.0\r\nConnection: keep-alive")).await;
        let mut answer = Vec::new();
        within(socket.read_to_end(&mut answer)).await.expect("an end");
        let answer = String::from_utf8_lossy(&answer);
        let said: Vec<_> = answer.lines().filter(|line| line.starts_with("connection:")).collect();
        assert_eq!(said, ["connection: close"], "{path}");
    }
}

#[tokio::test]
async fn the_deadline_of_a_request_is_its_own() {
    let _turn = crate::turns::shared().await;
    let server =
        serve(&["--timeout-s", "2"], &[("SSE_HEARTBEAT_INTERVAL_MS", "200"), ("SSE_DEADLINE_MARGIN_MS", "1000")]);
    let server = server.await;
    let mut stream = server.request("GET /api/v2/stream HTTP/1.1").await;
    let began = lambda_env::Stamp::now();
    let mut whole = Vec::new();
    within(stream.read_to_end(&mut whole)).await.expect("an end");
    assert!(began.elapsed() < Duration::from_millis(1_600), "{:?}", began.elapsed());
    assert!(String::from_utf8_lossy(&whole).contains("event: deadline"));
}

#[tokio::test]
async fn exit_codes_tell_flags_from_configuration() {
    let _turn = crate::turns::shared().await;
    let (code, out, _) = outcome(&["--version"], &[]).await;
    assert!(code == Some(0) && out.starts_with("sse-streaming "), "{out}");
    for args in [&["serve", "--help"][..], &["feed", "--help"]] {
        let (code, out, _) = outcome(args, &[]).await;
        assert!(code == Some(0) && out.contains("SSE_POLL_INTERVAL_MS") && out.contains("Exit codes"), "{out}");
    }
    for args in [&["serve", "--nonsense"][..], &["serve", "--listen", "0.0.0.0:1"], &["feed"], &["dance"]] {
        assert_eq!(outcome(args, &[]).await.0, Some(2), "{args:?}");
    }
    let (code, out, err) =
        outcome(&["serve", "--listen", "127.0.0.1:0"], &[("SSE_RETRY_MS", "1"), ("SSE_STORE", "x")]).await;
    assert!(code == Some(1) && out.is_empty() && err.contains("SSE_RETRY_MS") && err.contains("SSE_STORE"), "{err}");
    // A region is looked for where one is needed, whatever else is wrong.
    let in_dynamodb = [("SSE_STORE", "dynamodb"), ("AWS_CONFIG_FILE", "/dev/null")];
    let (code, _, err) = outcome(&["serve", "--listen", "127.0.0.1:0"], &in_dynamodb).await;
    assert!(code == Some(1) && err.contains("SENTIMENTS_TABLE") && err.contains("AWS_REGION"), "{err}");
    let bad = [("SSE_RETRY_MS", "1"), ("AWS_CONFIG_FILE", "/dev/null")];
    let (code, _, err) = outcome(&["feed", "--table", "items"], &bad).await;
    assert!(code == Some(1) && err.contains("SSE_RETRY_MS") && err.contains("AWS_REGION"), "{err}");
    let (code, _, err) = outcome(&["serve", "--items", "no/such.jsonl"], &[]).await;
    assert!(code == Some(1) && err.contains("no/such.jsonl"), "{err}");
}

#[tokio::test]
async fn a_foreign_host_name_is_misdirected_on_every_path() {
    let _turn = crate::turns::shared().await;
    let server = serve(&[], &[]).await;
    for path in ["/", "/_local/spans", "/api/v2/stream", "/api/v2/stream/status", "/nothing"] {
        let mut socket = TcpStream::connect(&server.address).await.expect("a connection");
        let head = format!("GET {path} HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n");
        socket.write_all(head.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        within(socket.read_to_string(&mut answer)).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 421 "), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_head_that_does_not_arrive_ends_its_connection() {
    let _turn = crate::turns::shared().await;
    let server = serve(&[], &[]).await;
    let mut socket = TcpStream::connect(&server.address).await.expect("a connection");
    socket.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.expect("sent");
    let mut answer = Vec::new();
    let began = lambda_env::Stamp::now();
    tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut answer))
        .await
        .expect("an end")
        .expect("read");
    assert!(began.elapsed() > Duration::from_secs(8), "ended after {:?}", began.elapsed());
}
