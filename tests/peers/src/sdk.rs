//! The OpenTelemetry SDK as its documentation sets it up: a batch processor before the OTLP exporter over HTTP, which reads
//! `OTEL_EXPORTER_OTLP_ENDPOINT`, and spans of `tracing` by way of `tracing-opentelemetry`. A macro, because two versions are in use.
//!
//! - <https://docs.rs/opentelemetry-otlp/0.33.1/opentelemetry_otlp/#using-http>
//! - <https://docs.rs/tracing-opentelemetry/0.34.0/tracing_opentelemetry/#basic-usage>
//! - <https://docs.rs/opentelemetry-aws/0.21.0/opentelemetry_aws/trace/struct.XrayPropagator.html>

macro_rules! sdk {
    ($($module:ident: $api:ident, $aws:ident, $otlp:ident, $sdk:ident, $bridge:ident);+) => {$(
        /// The SDK in one of its versions.
        pub mod $module {
            use $api::{propagation::TextMapPropagator, trace::TracerProvider};
            use $sdk::trace::SdkTracerProvider;
            use $bridge::OpenTelemetrySpanExt;
            use std::collections::HashMap;
            use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

            /// The exporter, with the SDK's own HTTP client.
            pub fn exporter() -> Result<$otlp::SpanExporter, Box<dyn std::error::Error + Send + Sync>> {
                // An error says that there is one already.
                let _ = rustls::crypto::ring::default_provider().install_default();
                Ok($otlp::SpanExporter::builder().with_http().build()?)
            }

            /// A provider with a batch processor.
            pub fn provider() -> Result<SdkTracerProvider, Box<dyn std::error::Error + Send + Sync>> {
                Ok(SdkTracerProvider::builder().with_batch_exporter(exporter()?).build())
            }

            /// Makes the spans of `tracing` spans of this provider.
            pub fn install(provider: &SdkTracerProvider) {
                let layer = $bridge::layer().with_tracer(provider.tracer("peers"));
                tracing_subscriber::registry().with(LevelFilter::INFO).with(layer).init();
            }

            /// Puts a span into the trace of its invocation.
            pub fn join(span: &tracing::Span, header: &str) {
                let carrier = HashMap::from([("x-amzn-trace-id".to_owned(), header.to_owned())]);
                let parent = $aws::trace::XrayPropagator::default().extract(&carrier);
                // It fails for a span that began already, and this one did not.
                let _ = span.set_parent(parent);
            }
        }
    )+};
}
