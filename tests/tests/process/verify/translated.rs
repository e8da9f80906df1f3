//! What the collector's awsxray exporter makes of a span: a subsegment by itself, or for a SERVER span a segment.

use lambda_env::Span;
use serde_json::{Map, Value, json};

const SERVER: i64 = 2;
const CLIENT: i64 = 3;
const ERROR: i64 = 2;
const LISTED: &str = "aws.xray.annotations";

pub(super) fn document(span: &Span) -> Value {
    let is_call = span.kind == CLIENT && span.text("rpc.system") == "aws-api";
    let id = &span.trace_id;
    let mut document = json!({
        "id": span.span_id, "parent_id": span.parent_id, "trace_id": format!("1-{}-{}", &id[..8], &id[8..]),
        "name": if is_call { span.text("rpc.service") } else { &span.name },
        "start_time": seconds(span.start_ns), "end_time": seconds(span.end_ns), "fault": span.status == ERROR,
    });
    if span.kind != SERVER {
        document["type"] = "subsegment".into();
    }
    if is_call {
        document["namespace"] = "aws".into();
        document["aws"] = json!({"operation": span.text("rpc.method"), "region": span.text("aws.region")});
        for (member, key) in [("request_id", "aws.request_id"), ("table_name", "aws.table_name")] {
            if let Some(value) = span.attributes.get(key) {
                document["aws"][member] = value.clone();
            }
        }
    }
    let listed = span.attributes.get(LISTED).and_then(Value::as_array).cloned().unwrap_or_default();
    let (annotations, metadata): (Map<_, _>, Map<_, _>) = (span.attributes.clone().into_iter())
        .filter(|(key, _)| key != LISTED && !key.starts_with("aws."))
        .partition(|(key, _)| listed.iter().any(|annotation| annotation == key.as_str()));
    document["annotations"] = annotations.into();
    document["metadata"] = json!({"default": metadata});
    document
}

/// Nanoseconds, as X-Ray writes times.
fn seconds(nanos: u64) -> f64 {
    std::time::Duration::from_nanos(nanos).as_secs_f64()
}
