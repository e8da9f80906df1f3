//! What the pipeline has to be told, in plain values, and what can be wrong with it.

use crate::SpanPolicy;
use opentelemetry::KeyValue;
use opentelemetry_aws::detector::LambdaResourceDetector;
use opentelemetry_sdk::{Resource, resource::ResourceDetector};

/// Plain values; where they come from is not the pipeline's business.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    /// `service.name`.
    pub service: String,
    /// The instrumentation scope: the code that makes the spans.
    pub scope: String,
    /// The whole URL of the receiver, `http://localhost:4318/v1/traces` by default (FR-054).
    pub endpoint: String,
    /// Added to the resource of every span, as name and value (`OTEL_RESOURCE_ATTRIBUTES`).
    pub resource_attributes: Vec<(String, String)>,
    /// Sent with every request, from `OTEL_EXPORTER_OTLP_HEADERS`.
    pub headers: Vec<(String, String)>,
    /// Estimated X-Ray bytes per trace.
    pub trace_budget_bytes: usize,
    /// What of a trace is kept when it does not fit.
    pub policy: SpanPolicy,
    /// Bytes of spans kept after a failed export; 0: none.
    pub retain_bytes: usize,
    /// The namespace of `SpansNotDelivered`.
    pub metrics_namespace: String,
    /// Its dimension.
    pub environment: String,
}

impl PipelineConfig {
    /// To this endpoint, with the defaults of everything else: no headers, 80 kB of X-Ray's room for a trace, 1 MiB of spans
    /// kept, metrics in a namespace of the service's name.
    pub fn new(service: &str, endpoint: String, policy: SpanPolicy) -> Self {
        Self {
            service: service.to_owned(),
            scope: service.to_owned(),
            endpoint,
            resource_attributes: Vec::new(),
            headers: Vec::new(),
            trace_budget_bytes: 80_000,
            policy,
            retain_bytes: 1 << 20,
            metrics_namespace: service.to_owned(),
            environment: "default".to_owned(),
        }
    }
}

/// Why a pipeline cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The endpoint is no `http` URL with a host.
    #[error("the OTLP endpoint `{0}` is not of the form http://host:port/path")]
    Endpoint(String),
    /// The exporter refuses its configuration, part of which it reads from the environment itself.
    #[error("the OTLP exporter cannot be configured: {0}")]
    Exporter(String),
    /// Every request would be refused.
    #[error("the resource attributes take {bytes} bytes, and no more than {max} are taken")]
    Resource {
        /// What they take in OTLP.
        bytes: usize,
        /// What is taken.
        max: usize,
    },
}

/// `service.name`, what the Lambda environment says of itself, and what an operator adds, which goes before Lambda's where both
/// have a word to say.
pub fn resource(service: &str, added: &[(String, String)]) -> Resource {
    let lambda = LambdaResourceDetector.detect();
    let detected = lambda.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let added = added.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    Resource::builder_empty()
        .with_attributes(detected)
        .with_attributes(added)
        .with_service_name(service.to_owned())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::{Key, Value};

    #[test]
    fn what_an_operator_adds_is_in_the_resource_beside_the_one_service_name() {
        let added = [("team", "web"), ("service.name", "other")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let resource = resource("tests", &added);
        assert_eq!(resource.get(&Key::new("team")), Some(Value::from("web")));
        assert_eq!(resource.get(&Key::new("service.name")), Some(Value::from("tests")));
    }
}
