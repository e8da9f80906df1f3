//! One streaming function, so that what differs between two peers is how they trace it: `function` is what it does, `respond` answers
//! with it on `lambda_runtime`, and `sdk` holds the OpenTelemetry SDK in the two versions that the peers need.

pub mod function;
pub mod respond;
#[macro_use]
mod sdk;

sdk!(
    newest: opentelemetry, opentelemetry_aws, opentelemetry_otlp, opentelemetry_sdk, tracing_opentelemetry;
    version_032: opentelemetry_032, opentelemetry_aws_020, opentelemetry_otlp_032, opentelemetry_sdk_032, tracing_opentelemetry_033
);
