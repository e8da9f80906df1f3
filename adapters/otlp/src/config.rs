//! The configuration of the pipeline in plain values, and what can be wrong with it.

use crate::SpanPolicy;
use opentelemetry::KeyValue;
use opentelemetry_aws::detector::LambdaResourceDetector;
use opentelemetry_sdk::{Resource, resource::ResourceDetector};

/// The configuration of the pipeline. Where the values come from is the caller's business.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    /// `service.name`.
    pub service: String,
    /// The name of the instrumentation scope: the code that makes the spans.
    pub scope: String,
    /// The whole URL of the receiver, `http://localhost:4318/v1/traces` by default (FR-054).
    pub endpoint: String,
    /// Attributes added to the resource of every span, as name and value (`OTEL_RESOURCE_ATTRIBUTES`).
    pub resource_attributes: Vec<(String, String)>,
    /// Headers of every request, from `OTEL_EXPORTER_OTLP_HEADERS`.
    pub headers: Vec<(String, String)>,
    /// The budget of a trace, in estimated bytes at X-Ray.
    pub trace_budget_bytes: usize,
    /// Which spans of a trace are kept when it does not fit.
    pub policy: SpanPolicy,
    /// The memory for spans that are kept after a failed export, in bytes; 0 keeps none.
    pub retain_bytes: usize,
    /// The namespace of the metric `SpansNotDelivered`.
    pub metrics_namespace: String,
    /// The value of its dimension `Environment`.
    pub environment: String,
}

impl PipelineConfig {
    /// Exports to this endpoint, with the defaults for everything else: no headers, 80 kB at X-Ray for a trace, 1 MiB
    /// of spans kept, metrics in a namespace of the service's name.
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
    /// The endpoint is not an `http` URL with a host.
    #[error("the OTLP endpoint `{0}` is not of the form http://host:port/path")]
    Endpoint(String),
    /// The exporter refused its configuration, part of which it reads from the environment itself.
    #[error("the OTLP exporter cannot be configured: {0}")]
    Exporter(String),
    /// The resource is so large that every request would be refused.
    #[error("the resource attributes take {bytes} bytes, and no more than {max} are taken")]
    Resource {
        /// The size of resource and scope in OTLP.
        bytes: usize,
        /// The maximum.
        max: usize,
    },
}

/// `service.name`, the attributes of the Lambda environment, and those that an operator adds, which replace Lambda's of
/// the same name.
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
