//! What Transaction Search makes of segment documents: events of the log group `aws/spans`, one a span.

use serde_json::{Map, Value, json};

/// The spans of some documents, nested subsegments each by itself.
pub fn as_spans(documents: &[Value]) -> Vec<Value> {
    let mut spans = Vec::new();
    for document in documents {
        add(document, &document["trace_id"], &document["parent_id"], &mut spans);
    }
    spans
}

fn add(document: &Value, trace: &Value, parent: &Value, into: &mut Vec<Value>) {
    into.push(span(document, trace, parent));
    for nested in document["subsegments"].as_array().into_iter().flatten() {
        add(nested, trace, &document["id"], into);
    }
}

fn span(document: &Value, trace: &Value, parent: &Value) -> Value {
    let mut attributes = Map::new();
    for group in [&document["annotations"], &document["metadata"]["default"]] {
        attributes.extend(group.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    }
    if document["namespace"] == "aws" {
        attributes.insert("rpc.system".into(), "aws-api".into());
        attributes.insert("rpc.service".into(), document["name"].clone());
        attributes.insert("rpc.method".into(), document["aws"]["operation"].clone());
    }
    if let Some(id) = document["aws"]["request_id"].as_str() {
        attributes.insert("aws.request_id".into(), id.into());
    }
    let kind = match (document["namespace"].as_str(), document["type"].as_str(), document["origin"].as_str()) {
        (Some("aws"), ..) => "CLIENT",
        (_, _, Some(_)) => "SERVER",
        _ => "INTERNAL",
    };
    let nanos = |member: &str| document[member].as_f64().map(|seconds| (seconds * 1e9).round());
    let trace = trace.as_str().unwrap_or_default();
    let trace = trace.strip_prefix("1-").unwrap_or(trace).replace('-', "");
    json!({"traceId": trace, "spanId": document["id"], "parentSpanId": parent, "name": document["name"], "kind": kind,
        "startTimeUnixNano": nanos("start_time"), "endTimeUnixNano": nanos("end_time"), "attributes": attributes,
        "status": {"code": "UNSET"}})
}
