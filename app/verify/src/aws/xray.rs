//! X-Ray: where the account sends its traces, and the documents of traces from there.

mod retrieval;

use super::{
    CallError,
    client::{Aws, Operation},
    endpoint::Service,
    permission::{GET_DESTINATION, GET_TRACES},
};
use crate::evidence::{Reading, Trace, TraceStore, Unread};
use lambda_trace::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Ids of one `BatchGetTraces`.
const IDS_MAX: usize = 5;
/// Pages of one call.
const PAGES_MAX: usize = 100;

/// Where traces are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    XRay,
    TransactionSearch,
    /// It could not be asked: both are tried.
    Unknown,
}

pub(crate) async fn destination(aws: &Aws) -> Destination {
    let body = json!({});
    let answer = aws.call(&Operation::post(Service::XRay, GET_DESTINATION, "/GetTraceSegmentDestination", body)).await;
    match answer.as_ref().ok().and_then(|json| json["Destination"].as_str()) {
        Some("XRay") => Destination::XRay,
        Some("CloudWatchLogs") => Destination::TransactionSearch,
        _ => Destination::Unknown,
    }
}

/// Reads traces. One that is not there (yet) is unread.
pub(crate) async fn traces(
    aws: &Aws,
    destination: &Destination,
    ids: &[String],
    since: Timestamp,
) -> BTreeMap<String, Reading<Trace>> {
    if *destination == Destination::TransactionSearch {
        return retrieval::traces(aws, ids, since).await;
    }
    let mut traces = BTreeMap::new();
    for ids in ids.chunks(IDS_MAX) {
        match batch(aws, ids).await {
            Ok(found) => traces.extend(found),
            Err(error) => traces.extend(ids.iter().map(|id| (id.clone(), Err(Unread::from(error.clone()))))),
        }
    }
    if *destination == Destination::Unknown && traces.values().all(Result::is_err) {
        let elsewhere = retrieval::traces(aws, ids, since).await;
        if elsewhere.values().any(Result::is_ok) {
            return elsewhere;
        }
    }
    traces
}

/// What the pages said of one trace.
#[derive(Debug, Default)]
struct Collected {
    documents: BTreeSet<String>,
    is_limit_exceeded: bool,
}

/// A trace may come in several pages, and a document in two of them.
async fn batch(aws: &Aws, ids: &[String]) -> Result<BTreeMap<String, Reading<Trace>>, CallError> {
    let mut found = BTreeMap::<String, Collected>::new();
    let mut unprocessed = BTreeSet::new();
    let mut token = Value::Null;
    for _ in 0..PAGES_MAX {
        let mut body = json!({"TraceIds": ids});
        if token.is_string() {
            body["NextToken"] = token;
        }
        let page = aws.call(&Operation::post(Service::XRay, GET_TRACES, "/Traces", body)).await?;
        for trace in page["Traces"].as_array().into_iter().flatten() {
            let collected = found.entry(trace["Id"].as_str().unwrap_or_default().to_owned()).or_default();
            collected.is_limit_exceeded |= trace["LimitExceeded"] == true;
            let segments = trace["Segments"].as_array().into_iter().flatten();
            collected.documents.extend(segments.filter_map(|segment| segment["Document"].as_str().map(str::to_owned)));
        }
        let ids = page["UnprocessedTraceIds"].as_array().into_iter().flatten();
        unprocessed.extend(ids.filter_map(|id| id.as_str().map(str::to_owned)));
        token = page["NextToken"].clone();
        if !token.is_string() {
            break;
        }
    }
    let read = |id: &String| match found.get(id) {
        Some(collected) if !collected.documents.is_empty() => {
            let mut trace = Trace::new(id, TraceStore::XRay, collected.documents.iter().map(String::as_str));
            trace.is_limit_exceeded = collected.is_limit_exceeded;
            Ok(trace)
        }
        _ if unprocessed.contains(id) => Err(Unread(format!("{}: trace {id} was not processed", GET_TRACES.action))),
        _ => Err(Unread(format!("{}: no trace {id}, in the time that was waited", GET_TRACES.action))),
    };
    Ok(ids.iter().map(|id| (id.clone(), read(id))).collect())
}
