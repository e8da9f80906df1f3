//! A span that X-Ray's own OTLP endpoint took, as an event of the log group `aws/spans`.

use lambda_env::Span;
use serde_json::{Value, json};

const KINDS: [&str; 6] = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const STATUSES: [&str; 3] = ["UNSET", "OK", "ERROR"];

pub(crate) fn native_span(span: &Span) -> Value {
    let name = |names: &[&'static str], number: i64| {
        usize::try_from(number).ok().and_then(|number| names.get(number).copied()).unwrap_or_default()
    };
    let events = span
        .events
        .iter()
        .map(|event| json!({"name": event.name, "timeUnixNano": event.at_ns, "attributes": event.attributes}));
    json!({"resource": {"attributes": *span.resource}, "scope": {"name": span.scope}, "traceId": span.trace_id, "spanId": span.span_id,
        "parentSpanId": span.parent_id, "flags": 1, "name": span.name, "kind": name(&KINDS, span.kind), "startTimeUnixNano": span.start_ns,
        "endTimeUnixNano": span.end_ns, "durationNano": span.end_ns.saturating_sub(span.start_ns), "attributes": span.attributes,
        "events": events.collect::<Vec<_>>(), "status": {"code": name(&STATUSES, span.status)}})
}
