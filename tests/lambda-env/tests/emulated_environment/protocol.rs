//! The Runtime API without a process, spoken to byte by byte: what a runtime can get wrong, and what one read can hold.

use std::time::Duration;

use lambda_env::{Function, Invocation, Outcome, RuntimeApi, runtime_api::RuntimeApiOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::within;

const STREAMING: &str = "Host: x\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n\
    Content-Type: application/vnd.awslambda.http-integration-response\r\n";

struct Client(TcpStream);

impl Client {
    async fn connect(api: &RuntimeApi) -> Self {
        Self(TcpStream::connect(api.address()).await.unwrap())
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// One response: head and body.
    async fn read(&mut self) -> String {
        let mut text = String::new();
        let mut buffer = [0; 4_096];
        loop {
            let count = within(self.0.read(&mut buffer)).await.unwrap();
            assert!(count > 0, "closed after {text:?}");
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if body.len() >= length.parse().unwrap() {
                    return text;
                }
            }
        }
    }

    /// Asks for the next event and returns its request id.
    async fn next(&mut self) -> String {
        self.send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let event = self.read().await;
        event.lines().find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: ")).unwrap().to_owned()
    }

    async fn respond(&mut self, id: &str, headers: &str, body: &str) -> String {
        let head = format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\n{STREAMING}{headers}\r\n");
        self.send(&format!("{head}{body}")).await;
        self.read().await
    }
}

fn api() -> RuntimeApi {
    RuntimeApi::start(RuntimeApiOptions::default()).unwrap()
}

fn violations(api: &RuntimeApi) -> Vec<String> {
    api.violations().into_iter().map(|violation| violation.what).collect()
}

const BODY: &str = "2\r\n{}\r\n8\r\n\0\0\0\0\0\0\0\0\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n";

#[tokio::test]
async fn chunks_of_one_packet_stay_apart() {
    let api = api();
    let call = api.invoke(Invocation::get("/"));
    let mut client = Client::connect(&api).await;
    let id = client.next().await;
    assert_eq!(id, call.request_id());
    let answer = client.respond(&id, "", BODY).await;
    assert!(answer.starts_with("HTTP/1.1 202 Accepted"), "{answer}");
    let response = within(call.finish()).await;
    assert_eq!(response.chunks.iter().map(|chunk| chunk.bytes.len()).collect::<Vec<_>>(), [2, 8, 9, 9]);
    assert_eq!((response.prelude().unwrap().status, response.events().len()), (200, 2));
    assert!(violations(&api).is_empty());
}

#[tokio::test]
async fn nothing_is_answered_before_the_end_of_the_body() {
    let api = api();
    let mut call = api.invoke(Invocation::get("/"));
    let mut client = Client::connect(&api).await;
    let id = client.next().await;
    let (first, rest) = BODY.split_at(BODY.len() - 4);
    client.send(&format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\n{STREAMING}\r\n{first}")).await;
    for _ in 0..4 {
        within(call.chunk()).await.unwrap();
    }
    assert_eq!(call.so_far().outcome, None);
    let early = client.0.try_read(&mut [0; 8]).map_err(|error| error.kind());
    assert_eq!(early, Err(std::io::ErrorKind::WouldBlock));
    client.send(rest).await;
    assert!(client.read().await.starts_with("HTTP/1.1 202"));
}

#[tokio::test]
async fn a_stale_echo_is_gone_and_the_right_one_is_not() {
    let api = api();
    let mut client = Client::connect(&api).await;
    let call = api.invoke(Invocation::get("/"));
    let id = client.next().await;
    let answer = client.respond(&id, "Lambda-Runtime-Invocation-Id: another\r\n", BODY).await;
    assert!(answer.starts_with("HTTP/1.1 410"), "{answer}");
    assert_eq!(within(call.finish()).await.outcome, Some(Outcome::Refused(http::StatusCode::GONE)));
    let mut client = Client::connect(&api).await;
    let answer = client.respond(&id, "", BODY).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(violations(&api), ["answered an invocation that is not under way"]);
}

#[tokio::test]
async fn next_with_every_slot_taken_is_refused() {
    let api = api();
    let _call = api.invoke(Invocation::get("/"));
    Client::connect(&api).await.next().await;
    let mut client = Client::connect(&api).await;
    client.send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(client.read().await.starts_with("HTTP/1.1 403"));
    assert_eq!(violations(&api), ["asked for the next event with every slot taken"]);
}

#[tokio::test]
async fn an_event_is_not_given_to_a_connection_that_is_gone() {
    let function = Function { concurrency: 2, ..Function::default() };
    let api = RuntimeApi::start(RuntimeApiOptions { function, ..RuntimeApiOptions::default() }).unwrap();
    for _ in 0..20 {
        let mut gone = Client::connect(&api).await;
        gone.send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut stays = Client::connect(&api).await;
        stays.send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n").await;
        within(api.idle()).await;
        drop(gone);
        within(async {
            while api.is_idle() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let call = api.invoke(Invocation::get("/"));
        assert!(stays.read().await.contains(call.request_id()));
        assert!(stays.respond(call.request_id(), "", BODY).await.starts_with("HTTP/1.1 202"));
        assert_eq!(within(call.finish()).await.outcome, Some(Outcome::Complete));
    }
}

#[tokio::test]
async fn trailers_have_to_be_announced_and_bodies_to_be_whole() {
    let api = api();
    let mut client = Client::connect(&api).await;
    let call = api.invoke(Invocation::get("/"));
    let id = client.next().await;
    let body = BODY.replace("0\r\n\r\n", "0\r\nLambda-Runtime-Function-Error-Type: E\r\n\r\n");
    client.respond(&id, "", &body).await;
    assert!(matches!(within(call.finish()).await.outcome, Some(Outcome::ErrorTrailers { kind, .. }) if kind == "E"));
    assert_eq!(violations(&api), ["sent trailers that it had not announced"]);

    let call = api.invoke(Invocation::get("/"));
    let id = client.next().await;
    client
        .send(&format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\n{STREAMING}\r\n2\r\n{{}}\r\n"))
        .await;
    drop(client);
    assert_eq!(within(call.finish()).await.outcome, Some(Outcome::Truncated));
}

#[tokio::test]
async fn init_errors_and_extensions_need_no_process_either() {
    let api = api();
    let mut client = Client::connect(&api).await;
    let register = "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: x\r\nLambda-Extension-Name: own\r\nContent-Length: 21\r\n\r\n";
    client.send(&format!("{register}{}", r#"{"events":["INVOKE"]}"#)).await;
    let answer = client.read().await;
    let identifier = answer.lines().find_map(|line| line.strip_prefix("lambda-extension-identifier: ")).unwrap();
    client.send(&format!("GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: x\r\nLambda-Extension-Identifier: {identifier}\r\n\r\n")).await;
    let call = api.invoke(Invocation::get("/"));
    let mut runtime = Client::connect(&api).await;
    runtime.next().await;
    assert!(client.read().await.contains(call.request_id()));
    let error = "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: x\r\nLambda-Runtime-Function-Error-Type: T\r\nContent-Length: 2\r\n\r\n{}";
    let mut other = Client::connect(&api).await;
    other.send(error).await;
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), api.init_error()).await.unwrap().kind, "T");
}
