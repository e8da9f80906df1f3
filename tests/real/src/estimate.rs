//! A span off the wire, back in the form in which the service reckons its size. It knows no document.

use lambda_trace_otlp::estimated_document_bytes;
use opentelemetry::{
    Array, InstrumentationScope, KeyValue, StringValue, Value,
    trace::{Event, SpanContext, SpanId, SpanKind, Status},
};
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue as Pair, any_value::Value as Any},
    resource::v1::Resource as SentResource,
    trace::v1::{Span, span::Event as SentEvent},
};
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanEvents, SpanLinks},
};
use std::time::UNIX_EPOCH;

/// The service's own reckoning. Only what it reckons with is carried over.
pub(crate) fn estimate(resource: &SentResource, span: &Span) -> usize {
    let resource = Resource::builder_empty().with_attributes(resource.attributes.iter().map(pair)).build();
    let mut events = SpanEvents::default();
    events.events = span.events.iter().map(event).collect();
    let span = SpanData {
        span_context: SpanContext::empty_context(),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: if span.kind == 3 { SpanKind::Client } else { SpanKind::Internal },
        name: span.name.clone().into(),
        start_time: UNIX_EPOCH,
        end_time: UNIX_EPOCH,
        attributes: span.attributes.iter().map(pair).collect(),
        dropped_attributes_count: 0,
        events,
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("").build(),
    };
    estimated_document_bytes(&resource, &span)
}

fn event(event: &SentEvent) -> Event {
    Event::new(event.name.clone(), UNIX_EPOCH, event.attributes.iter().map(pair).collect(), 0)
}

fn pair(pair: &Pair) -> KeyValue {
    KeyValue::new(pair.key.clone(), value(pair.value.as_ref()))
}

fn value(value: Option<&AnyValue>) -> Value {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => Value::from(text.clone()),
        Some(Any::IntValue(n)) => Value::I64(*n),
        Some(Any::BoolValue(b)) => Value::Bool(*b),
        Some(Any::DoubleValue(n)) => Value::F64(*n),
        Some(Any::ArrayValue(list)) => {
            let text = |value: &AnyValue| match &value.value {
                Some(Any::StringValue(text)) => StringValue::from(text.clone()),
                other => panic!("the service sends lists of text only, not {other:?}"),
            };
            Value::Array(Array::String(list.values.iter().map(text).collect()))
        }
        other => panic!("the service sends no such value: {other:?}"),
    }
}
