//! `opentelemetry-lambda-tower`: a layer around the handler, which flushes when the handler returns.
//!
//! - <https://docs.rs/opentelemetry-lambda-tower/0.1.8/opentelemetry_lambda_tower/>
//! - <https://github.com/djvcom/lambda-observability/tree/main/crates/opentelemetry-lambda-example>: `Runtime` rather than `run`, and the
//!   providers handed to the layer
//! - <https://docs.rs/lambda_runtime/1.5.0/lambda_runtime/fn.spawn_graceful_shutdown_handler.html>

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::{Error, LambdaEvent, Runtime};
use opentelemetry_lambda_tower::{ApiGatewayV2Extractor, OtelTracingLayer};
use opentelemetry_sdk_032::propagation::TraceContextPropagator;
use peers::{
    function::Request,
    respond::{Answer, respond},
    version_032 as sdk,
};
use std::sync::Arc;
use tower::ServiceBuilder;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let provider = sdk::provider()?;
    sdk::install(&provider);
    // The extractor hands it X-Ray's header in the form of W3C.
    opentelemetry_032::global::set_text_map_propagator(TraceContextPropagator::new());
    let last = provider.clone();
    lambda_runtime::spawn_graceful_shutdown_handler(|| async move { drop(last.force_flush()) }).await;
    let layer = OtelTracingLayer::builder(ApiGatewayV2Extractor::new()).tracer_provider(Arc::new(provider));
    let service = ServiceBuilder::new().layer(layer.flush_on_end(true).build()).service_fn(handle);
    Runtime::new(service).run_concurrent().await
}

async fn handle(event: LambdaEvent<ApiGatewayV2httpRequest>) -> Result<Answer, Error> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (path, query) = (text(&event.payload.raw_path), text(&event.payload.raw_query_string));
    let request = Request::new(&path, &query, &event.context);
    // Inside the layer's span.
    let stream = request.span();
    Ok(respond(request, stream, || {}).await)
}
