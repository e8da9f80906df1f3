//! The function beside `opentelemetry-lambda-extension`: it sends to the extension what ends its stream, and then says that the
//! invocation is complete, as the extension's wrappers for other languages do.
//!
//! - <https://docs.rs/opentelemetry-lambda-extension/0.2.0/opentelemetry_lambda_extension/>
//! - <https://github.com/djvcom/lambda-observability/tree/main/crates/opentelemetry-lambda-extension> (freeze-safe flushing)
//! - <https://docs.rs/lambda_runtime/1.5.0/lambda_runtime/fn.spawn_graceful_shutdown_handler.html>

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use peers::{function::Request, respond::respond, version_032 as sdk};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let provider = sdk::provider()?;
    sdk::install(&provider);
    let last = provider.clone();
    lambda_runtime::spawn_graceful_shutdown_handler(|| async move { drop(last.force_flush()) }).await;
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT")?.replace("http://", "");
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let (provider, endpoint) = (provider.clone(), endpoint.clone());
        async move {
            let request = Request::of_event(&event.payload, &event.context);
            let stream = request.span();
            sdk::join(&stream, &request.trace);
            let id = request.id.clone();
            let at_end = move || {
                drop(provider.force_flush());
                // The extension has its time limit for those who do not say it.
                drop(complete(&endpoint, &id));
            };
            Ok::<_, Error>(respond(request, stream, at_end).await)
        }
    });
    Runtime::new(handler).run_concurrent().await
}

fn complete(endpoint: &str, request: &str) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(endpoint)?;
    let head = format!("Host: {endpoint}\r\nLambda-Request-Id: {request}\r\nContent-Length: 0\r\nConnection: close");
    connection.write_all(format!("POST /invocation/complete HTTP/1.1\r\n{head}\r\n\r\n").as_bytes())?;
    connection.read_to_end(&mut Vec::new()).map(drop)
}
