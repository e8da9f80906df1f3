//! `lambda-otel-lite` in its asynchronous mode, which its documentation recommends for production: an internal extension flushes when
//! the function says that it is complete. Its processor sends by OTLP with a blocking client, as its documentation says.
//!
//! - <https://docs.rs/lambda-otel-lite/0.20.0/lambda_otel_lite/> (processing modes, the layer)
//! - <https://docs.rs/lambda-otel-lite/0.20.0/lambda_otel_lite/processor/> (with an OTLP exporter over HTTP)
//!
//! Its layer takes only answers that can be serialized, so the function that streams says itself when it is complete.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_otel_lite::{LambdaSpanProcessor, OtelTracingLayer, ProcessorMode, TelemetryConfig, init_telemetry};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use peers::{
    function::{Request, begun},
    respond::{buffered, respond},
    version_032 as sdk,
};
use tower::ServiceBuilder;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let processor = LambdaSpanProcessor::builder().exporter(sdk::exporter()?).build();
    let config = TelemetryConfig::builder().with_span_processor(processor).processor_mode(ProcessorMode::Async).build();
    let (_, completion) = init_telemetry(config).await?;
    if std::env::var_os("STREAMS").is_none() {
        let layer = OtelTracingLayer::<ApiGatewayV2httpRequest>::new(completion).with_name("handler");
        let service = ServiceBuilder::new().layer(layer).service_fn(async |event: LambdaEvent<_>| {
            let request = request(&event);
            begun(&request, "stream", 0);
            let stream = request.span();
            Ok::<_, Error>(buffered(&request, stream, || {}).await)
        });
        return Runtime::new(service).run_concurrent().await;
    }
    let handler = service_fn(move |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        let completion = completion.clone();
        async move {
            let request = request(&event);
            let stream = request.span();
            sdk::join(&stream, &request.trace);
            Ok::<_, Error>(respond(request, stream, move || completion.complete()).await)
        }
    });
    Runtime::new(handler).run_concurrent().await
}

fn request(event: &LambdaEvent<ApiGatewayV2httpRequest>) -> Request {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Request::new(&text(&event.payload.raw_path), &text(&event.payload.raw_query_string), &event.context)
}
