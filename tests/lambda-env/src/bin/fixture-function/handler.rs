//! What the function does, by the path of the event.

use std::{io, net::UdpSocket, time::Duration};

use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use hyper::{HeaderMap, Response, body::Incoming, header::HeaderValue};
use serde_json::{Value, json};

use crate::{
    http::{Body, Client, Failed, full, read, streaming},
    variable,
};

const PRELUDE: &[u8] = br#"{"statusCode":200,"headers":{"Content-Type":"text/event-stream"},"cookies":["a=b"]}"#;
const NULS: &[u8] = &[0; 8];

pub(crate) struct Invocation {
    pub(crate) client: Client,
    pub(crate) request_id: String,
    pub(crate) echo: String,
    pub(crate) trace: String,
    pub(crate) deadline: String,
    pub(crate) event: Value,
}

type Out = Sender<Bytes, Failed>;

pub(crate) async fn handle(invocation: &Invocation) -> io::Result<()> {
    let number = |name: &str| {
        let text = invocation.event["queryStringParameters"][name].as_str();
        text.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
    };
    let (count, pause) = (number("n"), Duration::from_millis(number("ms")));
    match invocation.event["rawPath"].as_str().unwrap_or_default() {
        "/stream" => invocation.stream(|out| events(out, count, pause)).await?,
        "/traced" => {
            invocation.subsegment("work")?;
            invocation.stream(|out| events(out, count, pause)).await?;
        }
        "/late" => {
            invocation.stream(|out| events(out, 1, Duration::ZERO)).await?;
            tokio::time::sleep(pause).await;
        }
        "/flood" => invocation.stream(flood).await?,
        "/trailers" => invocation.stream(trailers).await?,
        "/truncated" => invocation.stream(truncated).await?,
        "/exit" => invocation.stream(exit).await?,
        "/sleep" => tokio::time::sleep(pause).await,
        "/coalesced" => {
            invocation.post(full([PRELUDE, NULS, b"x"].concat())).await?;
        }
        "/twice" => {
            invocation.stream(|out| events(out, 1, Duration::ZERO)).await?;
            invocation.stream(|out| events(out, 1, Duration::ZERO)).await?;
        }
        "/tick" => {
            tokio::spawn(tick());
            invocation.stream(|out| events(out, 1, Duration::ZERO)).await?;
        }
        "/context" => {
            let fields = [&invocation.trace, &invocation.deadline, &invocation.request_id];
            let body = json!({"event": invocation.event, "trace": fields[0], "deadline": fields[1], "id": fields[2]});
            let variables: Vec<_> = std::env::vars().collect();
            let body = json!({"statusCode": 200, "body": body, "headers": {"x": 1}, "variables": variables});
            invocation.send("response", full(body.to_string()), &[]).await?;
        }
        _ => {
            let kind = [("lambda-runtime-function-error-type", "Fixture.NotFound")];
            invocation.send("error", full(r#"{"errorMessage":"no such path"}"#), &kind).await?;
        }
    }
    Ok(())
}

impl Invocation {
    /// Sends a subsegment to the X-Ray daemon.
    fn subsegment(&self, name: &str) -> io::Result<()> {
        let part = |name: &str| self.trace.split(';').find_map(|part| part.strip_prefix(name)).unwrap_or_default();
        let start = self.deadline.parse::<f64>().unwrap_or_default() / 1e3 - 1.0;
        let document = json!({"id": "0123456789abcdef", "trace_id": part("Root="), "parent_id": part("Parent="), "name": name,
            "type": "subsegment", "start_time": start, "end_time": start + 0.001});
        let datagram = format!("{{\"format\":\"json\",\"version\":1}}\n{document}");
        let socket = UdpSocket::bind(("127.0.0.1", 0))?;
        socket.send_to(datagram.as_bytes(), variable("AWS_XRAY_DAEMON_ADDRESS")).map(drop)
    }

    /// Sends a streaming response that `write` writes beside it.
    async fn stream<F: Future<Output = ()>>(&self, write: impl FnOnce(Out) -> F) -> io::Result<()> {
        let (mut out, channel) = Channel::new(1);
        let writing = async {
            let head = [Bytes::from_static(PRELUDE), Bytes::from_static(NULS)];
            for part in head {
                if out.send_data(part).await.is_err() {
                    return;
                }
            }
            write(out).await;
        };
        // An answer that comes early ends the writing: the body's reader is gone then.
        let (answer, ()) = tokio::join!(self.post(streaming(channel)), writing);
        if let Err(error) = answer {
            println!("response failed: {error}");
        }
        Ok(())
    }

    async fn post(&self, body: Body) -> io::Result<()> {
        let headers = [
            ("transfer-encoding", "chunked"),
            ("lambda-runtime-function-response-mode", "streaming"),
            ("content-type", "application/vnd.awslambda.http-integration-response"),
            ("trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"),
        ];
        let answer = self.send("response", body, &headers).await?;
        println!("answered {}", answer.status());
        read(answer).await.map(drop)
    }

    async fn send(&self, route: &str, body: Body, headers: &[(&str, &str)]) -> io::Result<Response<Incoming>> {
        let path = format!("/2018-06-01/runtime/invocation/{}/{route}", self.request_id);
        let mut request = self.client.request("POST", &path).header("lambda-runtime-invocation-id", &self.echo);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.client.send(request.body(body).map_err(io::Error::other)?).await
    }
}

async fn events(mut out: Out, count: u64, pause: Duration) {
    for number in 0..count {
        if out.send_data(format!("id: {number}\ndata: {{\"n\":{number}}}\n\n").into()).await.is_err() {
            println!("reader gone");
            return;
        }
        tokio::time::sleep(pause).await;
    }
}

async fn flood(mut out: Out) {
    let mut sent = 0_u64;
    while out.send_data(vec![b'x'; 16 * 1_024].into()).await.is_ok() {
        sent += 1;
        println!("flood {sent}");
    }
    println!("reader gone");
}

async fn trailers(mut out: Out) {
    let mut trailers = HeaderMap::new();
    trailers.insert("lambda-runtime-function-error-type", HeaderValue::from_static("Fixture.Broken"));
    trailers.insert("lambda-runtime-function-error-body", HeaderValue::from_static("e30="));
    // A reader that is gone needs no trailers.
    let _ = out.send_data("data: 1\n\n".into()).await;
    let _ = out.send_trailers(trailers).await;
}

async fn truncated(mut out: Out) {
    let _ = out.send_data("data: 1\n\ndata: cut".into()).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    out.abort(Failed);
}

async fn exit(mut out: Out) {
    let _ = out.send_data("data: 1\n\n".into()).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    std::process::exit(7);
}

async fn tick() {
    loop {
        println!("tick");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
