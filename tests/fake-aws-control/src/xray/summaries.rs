//! Summaries of the traces that X-Ray has indexed, with the annotations that they can be found by.

use super::store::shown;
use crate::{
    control::{Reply, State},
    page::{next, offset},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The first page is empty, as pages may be.
pub(super) fn get(state: &mut State, now: u64, body: &Value) -> Reply {
    if !body["NextToken"].is_string() {
        return Reply::Ok(json!({"TraceSummaries": [], "TracesProcessedCount": 0, "NextToken": "0"}));
    }
    let seconds = |member: &str| body[member].as_f64().unwrap_or_default();
    let ids: BTreeSet<&str> =
        state.documents.iter().filter_map(|(_, document)| document["trace_id"].as_str()).collect();
    let is_asked = |id: &&&str| began(id).is_some_and(|at| (seconds("StartTime")..=seconds("EndTime")).contains(&at));
    let all: Vec<_> = ids.iter().filter(is_asked).filter_map(|id| summary(id, &shown(state, now, id))).collect();
    let from = offset(&body["NextToken"]);
    let page: Vec<_> = all.iter().skip(from).take(state.page_size).collect();
    Reply::Ok(
        json!({"TraceSummaries": page, "TracesProcessedCount": all.len(), "NextToken": next(from, state.page_size, all.len())}),
    )
}

/// A trace's id says when it began, in seconds.
fn began(id: &str) -> Option<f64> {
    let seconds = u32::from_str_radix(id.split('-').nth(1)?, 16).ok()?;
    Some(seconds.into())
}

fn summary(id: &str, documents: &[Value]) -> Option<Value> {
    let times = |member: &str| documents.iter().filter_map(|document| document[member].as_f64()).collect::<Vec<_>>();
    let start = times("start_time").into_iter().reduce(f64::min)?;
    let end = times("end_time").into_iter().reduce(f64::max);
    let mut annotations = Map::new();
    for document in documents {
        collect(document, &mut annotations);
    }
    let is = |flag: &str| documents.iter().any(|document| has(document, flag));
    let services: BTreeSet<_> =
        documents.iter().map(|document| (document["name"].as_str(), document["origin"].as_str())).collect();
    let services: Vec<_> = services.into_iter().map(|(name, kind)| json!({"Name": name, "Type": kind})).collect();
    Some(json!({"Id": id, "StartTime": start, "Duration": end.map(|end| end - start),
        "HasFault": is("fault"), "HasError": is("error"), "HasThrottle": is("throttle"),
        "IsPartial": documents.iter().any(|document| document["in_progress"] == true),
        "Annotations": annotations, "ServiceIds": services}))
}

fn has(document: &Value, flag: &str) -> bool {
    document[flag] == true || document["subsegments"].as_array().into_iter().flatten().any(|inner| has(inner, flag))
}

fn collect(document: &Value, into: &mut Map<String, Value>) {
    for (key, value) in document["annotations"].as_object().into_iter().flatten() {
        let kind = match value {
            Value::Bool(_) => "BooleanValue",
            Value::Number(_) => "NumberValue",
            _ => "StringValue",
        };
        let values = into.entry(key.clone()).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(json!({"AnnotationValue": {kind: value}}));
        }
    }
    document["subsegments"].as_array().into_iter().flatten().for_each(|inner| collect(inner, into));
}
