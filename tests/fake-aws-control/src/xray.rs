//! X-Ray: documents in, traces out, in the forms in which it hands them out. Retrieval, where the account sends its traces to
//! Transaction Search, is in a file of its own, and so are summaries and graphs.

mod batch;
mod graph;
mod retrieval;
mod store;
mod summaries;

use crate::control::{Asked, Destination, Reply, State};
use serde_json::{Value, json};

pub(crate) use retrieval::Retrieval;
pub(crate) use store::span_events;

pub(crate) fn asked(path: &str, body: Value) -> Option<Asked> {
    let asked = |action: &'static str, answer: fn(&mut State, u64, &Value) -> Reply| {
        Some(Asked { action, answer: Box::new(move |state, now| answer(state, now, &body)) })
    };
    match path {
        "/TraceSegments" => asked("xray:PutTraceSegments", put),
        "/Traces" => asked("xray:BatchGetTraces", batch::get),
        "/TraceSummaries" => asked("xray:GetTraceSummaries", summaries::get),
        "/TraceGraph" => asked("xray:GetTraceGraph", graph::get),
        "/GetTraceSegmentDestination" => asked("xray:GetTraceSegmentDestination", destination),
        "/StartTraceRetrieval" => asked("xray:StartTraceRetrieval", retrieval::start),
        "/ListRetrievedTraces" => asked("xray:ListRetrievedTraces", retrieval::list),
        "/GetRetrievedTracesGraph" => asked("xray:GetRetrievedTracesGraph", retrieval::graph),
        "/CancelTraceRetrieval" => asked("xray:CancelTraceRetrieval", retrieval::cancel),
        _ => None,
    }
}

fn destination(state: &mut State, _: u64, _: &Value) -> Reply {
    let name = match state.destination {
        Destination::XRay => "XRay",
        Destination::CloudWatchLogs => "CloudWatchLogs",
    };
    Reply::Ok(json!({"Destination": name, "Status": "ACTIVE"}))
}

fn put(state: &mut State, now: u64, body: &Value) -> Reply {
    let texts = body["TraceSegmentDocuments"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let documents = texts.filter_map(|text| serde_json::from_str(text).ok()).map(|document| (now, document));
    state.documents.extend(documents);
    Reply::Ok(json!({"UnprocessedTraceSegments": []}))
}
