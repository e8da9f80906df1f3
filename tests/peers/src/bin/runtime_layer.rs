//! `lambda_runtime`'s own OpenTelemetry layer, which flushes when the invocation is over: with a streamed answer, when its body was sent.
//!
//! - <https://github.com/aws/aws-lambda-rust-runtime/tree/main/examples/opentelemetry-tracing>
//! - <https://docs.rs/lambda_runtime/1.5.0/lambda_runtime/layers/struct.OpenTelemetryLayer.html>
//! - <https://docs.rs/lambda_runtime/1.5.0/lambda_runtime/fn.spawn_graceful_shutdown_handler.html>

use lambda_runtime::{
    Error, LambdaEvent, Runtime,
    layers::{OpenTelemetryFaasTrigger, OpenTelemetryLayer},
    service_fn,
};
use peers::{
    function::Request,
    newest as sdk,
    respond::{Answer, respond},
};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let provider = sdk::provider()?;
    sdk::install(&provider);
    let last = provider.clone();
    lambda_runtime::spawn_graceful_shutdown_handler(|| async move { drop(last.force_flush()) }).await;
    let layer = OpenTelemetryLayer::new(move || drop(provider.force_flush()));
    Runtime::new(service_fn(handle)).layer(layer.with_trigger(OpenTelemetryFaasTrigger::Http)).run().await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Answer, Error> {
    let request = Request::of_event(&event.payload, &event.context);
    let stream = request.span();
    sdk::join(&stream, &request.trace);
    Ok(respond(request, stream, || {}).await)
}
