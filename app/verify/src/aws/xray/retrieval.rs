//! Traces of an account with Transaction Search: `BatchGetTraces` finds none of them. They are retrieved, or read out of the log
//! group `aws/spans` where retrieval is refused.

use crate::{
    aws::{
        CallError,
        client::{Aws, Operation},
        endpoint::Service,
        logs,
        permission::{LIST_RETRIEVED, START_RETRIEVAL},
    },
    evidence::{Reading, Trace, TraceStore, Unread},
};
use lambda_trace::{Failure, Timestamp};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Between two looks whether a retrieval is complete, and how many there are.
const LOOK: Duration = Duration::from_secs(1);
const LOOKS_MAX: usize = 60;
/// Pages of a complete retrieval: 100 spans each.
const PAGES_MAX: usize = 200;
const SPANS_GROUP: &str = "aws/spans";

/// Documents by trace.
type Documents = BTreeMap<String, BTreeSet<String>>;

pub(super) async fn traces(aws: &Aws, ids: &[String], since: Timestamp) -> BTreeMap<String, Reading<Trace>> {
    let outcome = match retrieve(aws, ids, since).await {
        Ok(documents) if documents.values().any(|of_trace| !of_trace.is_empty()) => Ok(documents),
        Ok(_) => logged(aws, ids, since).await.or_else(|_| Ok(Documents::new())),
        Err(refused) => logged(aws, ids, since).await.map_err(|_| refused),
    };
    let read = |id: &String| match &outcome {
        Err(error) => Err(Unread::from(error.clone())),
        Ok(documents) => match documents.get(id) {
            Some(found) if !found.is_empty() => {
                Ok(Trace::new(id, TraceStore::TransactionSearch, found.iter().map(String::as_str)))
            }
            _ => Err(Unread(format!("Transaction Search: no trace {id}, in the time that was waited"))),
        },
    };
    ids.iter().map(|id| (id.clone(), read(id))).collect()
}

async fn retrieve(aws: &Aws, ids: &[String], since: Timestamp) -> Result<Documents, CallError> {
    let seconds = |at: Timestamp| at.millis() / 1_000;
    let body = json!({"TraceIds": ids, "StartTime": seconds(since), "EndTime": seconds(aws.ports.clock.now()) + 1});
    let started = aws.call(&Operation::post(Service::XRay, START_RETRIEVAL, "/StartTraceRetrieval", body)).await?;
    let retrieval = started["RetrievalToken"].clone();
    for _ in 0..LOOKS_MAX {
        let page = list(aws, &retrieval, &Value::Null).await?;
        match page["RetrievalStatus"].as_str() {
            Some("COMPLETE") => return pages(aws, &retrieval, page).await,
            Some("SCHEDULED" | "RUNNING") => aws.pause(LOOK).await,
            status => {
                let text = format!("the retrieval is {}", status.unwrap_or("in no state"));
                return Err(CallError::Refused {
                    action: LIST_RETRIEVED.action,
                    status: 200,
                    failure: Failure::Unreadable,
                    text,
                });
            }
        }
    }
    let text = "the retrieval is not complete after a minute".to_owned();
    Err(CallError::Refused { action: LIST_RETRIEVED.action, status: 200, failure: Failure::Unreadable, text })
}

async fn list(aws: &Aws, retrieval: &Value, token: &Value) -> Result<Value, CallError> {
    let mut body = json!({"RetrievalToken": retrieval, "TraceFormat": "OTEL"});
    if token.is_string() {
        body["NextToken"] = token.clone();
    }
    aws.call(&Operation::post(Service::XRay, LIST_RETRIEVED, "/ListRetrievedTraces", body)).await
}

async fn pages(aws: &Aws, retrieval: &Value, first: Value) -> Result<Documents, CallError> {
    let mut documents = Documents::new();
    let mut page = first;
    for _ in 0..PAGES_MAX {
        for trace in page["Traces"].as_array().into_iter().flatten() {
            let spans = trace["Spans"].as_array().into_iter().flatten();
            let found = spans.filter_map(|span| span["Document"].as_str().map(str::to_owned));
            documents.entry(dashed(trace["Id"].as_str().unwrap_or_default())).or_default().extend(found);
        }
        let token = page["NextToken"].clone();
        if !token.is_string() {
            break;
        }
        page = list(aws, retrieval, &token).await?;
    }
    Ok(documents)
}

/// Every event of `aws/spans` is one span.
async fn logged(aws: &Aws, ids: &[String], since: Timestamp) -> Result<Documents, CallError> {
    let mut documents = Documents::new();
    for id in ids {
        let plain = plain(id);
        let events = logs::events(aws, SPANS_GROUP, since, Some(&plain)).await?;
        // The pattern finds the id anywhere, in a link too.
        let is_of =
            |text: &String| serde_json::from_str::<Value>(text).is_ok_and(|json| json["traceId"] == plain.as_str());
        documents.insert(id.clone(), events.into_iter().map(|event| event.message).filter(is_of).collect());
    }
    Ok(documents)
}

/// The W3C form of an id of X-Ray's.
fn plain(id: &str) -> String {
    id.strip_prefix("1-").unwrap_or(id).replace('-', "")
}

/// X-Ray's form, whichever it came in.
fn dashed(id: &str) -> String {
    match (id.starts_with("1-"), id.get(..8), id.get(8..)) {
        (false, Some(time), Some(rest)) => format!("1-{time}-{rest}"),
        _ => id.to_owned(),
    }
}
