//! The size estimate of [`super::size`] for a span in the SDK's form, for comparison with the exporter's document.

use super::size::{self, Sizes};
use lambda_trace::{FinishedSpan, SpanKind, Value as Plain};
use opentelemetry::{Array, KeyValue, Value, trace::SpanKind as SdkKind};
use opentelemetry_sdk::{Resource, trace::SpanData};

/// The size that the budget estimates for a span's document, in bytes.
pub fn estimated_document_bytes(resource: &Resource, span: &SpanData) -> usize {
    let kind = if span.span_kind == SdkKind::Client { SpanKind::Client } else { SpanKind::Internal };
    let attribute = |pair: &KeyValue| size::attribute(pair.key.as_str(), &plain(&pair.value));
    let attributes: usize = span.attributes.iter().map(attribute).sum();
    let exceptions = span.events.iter().map(|event| {
        let text = |key: &str| {
            let pair = event.attributes.iter().find(|pair| pair.key.as_str() == key);
            pair.map_or_else(String::new, |pair| pair.value.as_str().into_owned())
        };
        size::exception(&text("exception.type"), &text("exception.message"))
    });
    Sizes::new(resource).bare(&span.name, kind) + attributes + exceptions.sum::<usize>()
}

/// The same for a span of this crate, without what a resource adds to each document.
pub fn document_bytes<P>(span: &FinishedSpan<P>) -> usize {
    let attributes: usize = span.attributes.iter().map(|(key, value)| size::attribute(key, value)).sum();
    let exception = span.exception.as_ref().map_or(0, |e| size::exception(&e.error_type, &e.message));
    Sizes::new(&Resource::builder_empty().build()).bare(span.name, span.kind) + attributes + exception
}

/// The pipeline makes texts, whole numbers, booleans and lists of texts only; any other value counts as printed.
fn plain(value: &Value) -> Plain {
    match value {
        Value::I64(n) => Plain::Int(*n),
        Value::Bool(b) => Plain::Bool(*b),
        Value::Array(Array::String(texts)) => Plain::List(texts.iter().map(|t| t.as_str().to_owned().into()).collect()),
        other => Plain::from(other.as_str().into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Guard, buffered::BufferedSpan, convert::scope, span_data, testing::span};

    #[test]
    fn it_is_the_estimate_that_the_budget_goes_by() {
        let resource = Resource::builder_empty().with_service_name("tests").build();
        let mut span = span("dynamodb_poll", &[("text", "<x>"), ("rpc.system", "aws-api")], Some("why"));
        span.attributes.push(("number", Plain::Int(-12)));
        span.attributes.push(("yes", true.into()));
        span.attributes.push(("list", Plain::List(vec!["a".into(), "b\"".into()])));
        let bytes = document_bytes(&span);
        let buffered = BufferedSpan::new(span, false, &Guard::new(Sizes::new(&resource), &[]));
        assert_eq!(bytes, buffered.document, "nothing of this resource is copied into documents");
        assert_eq!(estimated_document_bytes(&resource, &span_data(&buffered, &scope("tests"))), buffered.document);
    }
}
