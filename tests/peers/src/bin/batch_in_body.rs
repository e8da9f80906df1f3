//! The SDK's batch processor, flushed where the stream ends and before its body does. No documentation says so for Rust; it is what
//! whoever knows of the freeze would write.
//!
//! - <https://docs.rs/opentelemetry_sdk/0.33.1/opentelemetry_sdk/trace/struct.SdkTracerProvider.html#method.force_flush>
//! - <https://docs.rs/lambda_runtime/1.5.0/lambda_runtime/streaming/fn.channel.html>
//! - <https://docs.rs/lambda_runtime/1.5.0/lambda_runtime/fn.spawn_graceful_shutdown_handler.html>

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use peers::{function::Request, newest as sdk, respond::respond};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let provider = sdk::provider()?;
    sdk::install(&provider);
    let last = provider.clone();
    lambda_runtime::spawn_graceful_shutdown_handler(|| async move { drop(last.force_flush()) }).await;
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let provider = provider.clone();
        async move {
            let request = Request::of_event(&event.payload, &event.context);
            let stream = request.span();
            sdk::join(&stream, &request.trace);
            Ok::<_, Error>(respond(request, stream, move || drop(provider.force_flush())).await)
        }
    });
    Runtime::new(handler).run_concurrent().await
}
