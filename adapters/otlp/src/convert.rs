//! Converts the core's finished span to the SDK's span data. The only place that knows both.

use super::buffered::BufferedSpan;
use lambda_trace::{Exception, SpanKind as Kind, Timestamp, Value as Plain};
use opentelemetry::{
    Array, InstrumentationScope, KeyValue, StringValue, Value,
    trace::{Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanEvents, SpanLinks},
};
use prost::Message;
use std::{
    borrow::Cow,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The instrumentation scope.
pub(crate) fn scope(name: &str) -> InstrumentationScope {
    InstrumentationScope::builder(name.to_owned()).with_version(env!("CARGO_PKG_VERSION")).build()
}

/// The size of a request without its spans, in bytes of OTLP.
pub(super) fn resource_bytes(resource: &Resource, scope: &InstrumentationScope) -> usize {
    let attributes = &ResourceAttributesWithSchema::from(resource).attributes.0;
    let attributes: usize = attributes.iter().map(Message::encoded_len).sum();
    attributes + scope.name().len() + scope.version().map_or(0, str::len)
}

/// The SDK's form of a guarded span.
pub(crate) fn span_data(buffered: &BufferedSpan, scope: &InstrumentationScope) -> SpanData {
    let span = &buffered.span;
    SpanData {
        span_context: SpanContext::new(
            TraceId::from(span.trace.to_bits()),
            SpanId::from(span.id.to_bits()),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        ),
        parent_span_id: SpanId::from(span.parent.to_bits()),
        // The segment was created by Lambda; every other parent is a span of this process.
        parent_span_is_remote: buffered.is_stream,
        span_kind: match span.kind {
            Kind::Internal => SpanKind::Internal,
            Kind::Client => SpanKind::Client,
        },
        name: Cow::Borrowed(span.name),
        start_time: system_time(span.start),
        end_time: system_time(span.end),
        attributes: span.attributes.iter().map(|(k, v)| KeyValue::new(*k, value(v))).collect(),
        dropped_attributes_count: buffered.dropped_attributes,
        status: if span.exception.is_some() { Status::error("") } else { Status::Unset },
        events: span.exception.as_ref().map(event).unwrap_or_default(),
        links: SpanLinks::default(),
        instrumentation_scope: scope.clone(),
    }
}

fn event(exception: &Exception) -> SpanEvents {
    let mut events = SpanEvents::default();
    let attributes = vec![
        KeyValue::new("exception.type", exception.error_type.clone()),
        KeyValue::new("exception.message", exception.message.clone()),
    ];
    events.events = vec![Event::new("exception", system_time(exception.at), attributes, 0)];
    events
}

fn value(value: &Plain) -> Value {
    match value {
        Plain::Str(text) => Value::from(text.clone()),
        Plain::Int(n) => Value::I64(*n),
        Plain::Bool(b) => Value::Bool(*b),
        Plain::List(texts) => Value::Array(Array::String(texts.iter().cloned().map(StringValue::from).collect())),
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(at.micros())
}
