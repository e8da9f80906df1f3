//! A span as one line of OTLP/JSON, in the official mapping (hexadecimal ids, camelCase, enums as numbers, 64-bit
//! numbers as strings), so that a given-up span can be posted to any collector later.

use opentelemetry_proto::{
    tonic::trace::v1::{ResourceSpans, TracesData},
    transform::common::tonic::ResourceAttributesWithSchema,
};
use opentelemetry_sdk::{Resource, trace::SpanData};

/// Prints spans of one resource.
#[derive(Debug)]
pub(crate) struct Printer {
    resource: ResourceAttributesWithSchema,
}

impl Printer {
    /// For spans of this resource.
    pub(crate) fn new(resource: &Resource) -> Self {
        Self { resource: resource.into() }
    }

    /// `{"resourceSpans":[…]}` with this one span.
    pub(crate) fn line(&self, span: SpanData) -> String {
        let data = TracesData { resource_spans: vec![ResourceSpans::new(span, &self.resource)] };
        // Maps with string keys and numbers only: there is nothing in it that JSON cannot say.
        serde_json::to_string(&data).unwrap_or_default()
    }
}
