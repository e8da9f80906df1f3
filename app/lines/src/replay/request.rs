//! Spans as one request, below the resources that they came from.

use crate::span::SpanRecord;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans},
};

pub(super) fn of(batch: &[&SpanRecord]) -> ExportTraceServiceRequest {
    let mut resource_spans: Vec<ResourceSpans> = Vec::new();
    for (resource, span) in batch.iter().filter_map(|span| span.otlp.clone()) {
        if let Some(of) = resource_spans.iter_mut().find(|of| of.resource == resource) {
            of.scope_spans[0].spans.push(span);
        } else {
            let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
            resource_spans.push(ResourceSpans { resource, scope_spans, ..ResourceSpans::default() });
        }
    }
    ExportTraceServiceRequest { resource_spans }
}
