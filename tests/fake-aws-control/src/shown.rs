//! What X-Ray makes of the documents of one trace: subsegments that were sent by themselves lie within their segment's document,
//! and each AWS call has a segment of its own besides, with the same request id.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The documents of one trace as `BatchGetTraces` hands them out. A subsegment whose parent has not come stands alone.
pub fn as_xray_shows(documents: &[Value]) -> Vec<Value> {
    // A segment is sent twice, open and closed; the later one counts.
    let mut latest = BTreeMap::<&str, &Value>::new();
    for document in documents {
        latest.insert(document["id"].as_str().unwrap_or_default(), document);
    }
    let (alone, mut loose): (Vec<Value>, Vec<Value>) =
        latest.into_values().cloned().partition(|document| document["type"] != "subsegment");
    let mut shown: Vec<_> = alone.into_iter().map(|segment| with_children(segment, &mut loose)).collect();
    // What is left has no parent here; among themselves they may have.
    while let Some(orphan) = take_outermost(&mut loose) {
        shown.push(with_children(orphan, &mut loose));
    }
    let inferred: Vec<_> = shown.iter().flat_map(|document| infer(document, &document["trace_id"])).collect();
    shown.into_iter().chain(inferred).collect()
}

fn take_outermost(loose: &mut Vec<Value>) -> Option<Value> {
    let has_parent = |document: &Value| loose.iter().any(|other| other["id"] == document["parent_id"]);
    let index = loose.iter().position(|document| !has_parent(document)).or_else(|| (!loose.is_empty()).then_some(0))?;
    Some(loose.remove(index))
}

/// Nests what lies under a document, and under what is nested in it. In the old form of the function's segment its
/// subsegments lie within `Invocation`.
fn with_children(mut document: Value, loose: &mut Vec<Value>) -> Value {
    let id = document["id"].clone();
    let (mut own, rest): (Vec<_>, Vec<_>) =
        std::mem::take(loose).into_iter().partition(|other| other["parent_id"] == id);
    *loose = rest;
    for child in &mut own {
        for member in ["trace_id", "parent_id", "type"] {
            child.as_object_mut().map(|members| members.remove(member));
        }
    }
    let mut nested = document["subsegments"].as_array().cloned().unwrap_or_default();
    match nested.iter_mut().find(|phase| phase["name"] == "Invocation") {
        Some(invocation) => {
            let within = invocation["subsegments"].as_array().cloned().unwrap_or_default();
            invocation["subsegments"] = within.into_iter().chain(own).collect();
        }
        None => nested.extend(own),
    }
    if !nested.is_empty() {
        document["subsegments"] = nested.into_iter().map(|inner| with_children(inner, loose)).collect();
    }
    document
}

fn infer(document: &Value, trace: &Value) -> Vec<Value> {
    let nested = document["subsegments"].as_array().into_iter().flatten().flat_map(|inner| infer(inner, trace));
    let mut inferred: Vec<_> = nested.collect();
    if document["namespace"] == "aws" {
        inferred.push(inferred_from(document, trace));
    }
    inferred
}

/// The node of the service that was called: a table is one of its own.
fn inferred_from(call: &Value, trace: &Value) -> Value {
    let id = call["id"].as_str().unwrap_or_default();
    let service = call["name"].as_str().unwrap_or_default();
    let table = call["aws"]["table_name"].as_str();
    let origin = if service == "DynamoDB" { "AWS::DynamoDB::Table".to_owned() } else { format!("AWS::{service}") };
    let mut aws = call["aws"].clone();
    aws["resource_names"] = table.into_iter().collect();
    // Another id than any that was sent: that of the call, each bit turned.
    let own_id = format!("{:016x}", !u64::from_str_radix(id, 16).unwrap_or_default());
    json!({"id": own_id, "parent_id": id, "trace_id": trace, "name": table.unwrap_or(service),
        "inferred": true, "namespace": "aws", "origin": origin, "start_time": call["start_time"], "end_time": call["end_time"], "aws": aws})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsegments_are_merged_and_calls_are_inferred() {
        let sub = |id: &str, parent: &str| json!({"id": id, "parent_id": parent, "trace_id": "t", "type": "subsegment", "name": id, "start_time": 1, "end_time": 2});
        let mut call = sub("c", "b");
        call["namespace"] = "aws".into();
        call["aws"] = json!({"operation": "Query", "request_id": "R"});
        let function = json!({"id": "f", "trace_id": "t", "name": "fn", "origin": "AWS::Lambda::Function", "start_time": 1,
            "subsegments": [{"id": "i", "name": "Invocation", "start_time": 1}]});
        let shown = as_xray_shows(&[call, sub("b", "f"), function, sub("x", "nowhere")]);
        assert_eq!(shown.len(), 3, "{shown:#?}");
        let merged = &shown[0]["subsegments"][0]["subsegments"][0];
        assert_eq!((&merged["name"], &merged["subsegments"][0]["id"]), (&json!("b"), &json!("c")));
        assert!(merged.get("parent_id").is_none() && merged.get("type").is_none());
        assert_eq!(shown[1]["parent_id"], "nowhere");
        assert_eq!((&shown[2]["inferred"], &shown[2]["aws"]["request_id"]), (&json!(true), &json!("R")));
    }
}
