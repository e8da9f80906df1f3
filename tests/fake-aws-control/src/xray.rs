//! X-Ray: documents in, traces out, and retrieval where the account sends its traces to Transaction Search.

use crate::{
    control::{Asked, Destination, Reply, State},
    shown::as_xray_shows,
    spans::as_spans,
};
use serde_json::{Value, json};

/// Looks at a retrieval that find it running.
const RUNNING_LOOKS: usize = 2;

pub(crate) fn asked(path: &str, body: Value) -> Option<Asked> {
    Some(match path {
        "/TraceSegments" => {
            Asked { action: "xray:PutTraceSegments", answer: Box::new(move |state, now| put(state, now, &body)) }
        }
        "/Traces" => {
            Asked { action: "xray:BatchGetTraces", answer: Box::new(move |state, now| batch(state, now, &body)) }
        }
        "/GetTraceSegmentDestination" => {
            Asked { action: "xray:GetTraceSegmentDestination", answer: Box::new(|state, _| destination(state)) }
        }
        "/StartTraceRetrieval" => {
            Asked { action: "xray:StartTraceRetrieval", answer: Box::new(move |state, _| start(state, &body)) }
        }
        "/ListRetrievedTraces" => {
            Asked { action: "xray:ListRetrievedTraces", answer: Box::new(move |state, now| list(state, now, &body)) }
        }
        _ => return None,
    })
}

fn destination(state: &State) -> Reply {
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

/// The documents of a trace that are there by now, as they were sent.
fn sent(state: &State, now: u64, id: &str) -> Vec<Value> {
    let visible = state.documents.iter().filter(|(from, document)| *from <= now && document["trace_id"] == id);
    visible.map(|(_, document)| document.clone()).collect()
}

/// Pages cut anywhere, in the middle of a trace too; the last document of a page comes again in the next one.
fn batch(state: &State, now: u64, body: &Value) -> Reply {
    let ids = texts(&body["TraceIds"]);
    if ids.len() > 5 {
        return Reply::Error(400, "InvalidRequestException", format!("{} trace ids, 5 is the limit", ids.len()));
    }
    let mut all = Vec::new();
    if state.destination == Destination::XRay {
        for id in &ids {
            all.extend(as_xray_shows(&sent(state, now, id)).into_iter().map(|document| (id.clone(), document)));
        }
    }
    let from = offset(&body["NextToken"]);
    let page: Vec<_> = all.iter().skip(from.saturating_sub(1)).take(state.page_size + usize::from(from > 0)).collect();
    let traces: Vec<_> = ids
        .iter()
        .filter_map(|id| {
            let of_id = page.iter().filter(|(of, _)| of == id);
            let segments: Vec<_> =
                of_id.map(|(_, document)| json!({"Id": document["id"], "Document": document.to_string()})).collect();
            (!segments.is_empty())
                .then(|| json!({"Id": id, "LimitExceeded": state.is_limit_exceeded, "Segments": segments}))
        })
        .collect();
    Reply::Ok(json!({"Traces": traces, "UnprocessedTraceIds": [], "NextToken": next(from, state.page_size, all.len())}))
}

fn start(state: &mut State, body: &Value) -> Reply {
    let token = format!("retrieval-{}", state.retrievals.len());
    state.retrievals.insert(token.clone(), (texts(&body["TraceIds"]), 0));
    Reply::Ok(json!({"RetrievalToken": token}))
}

fn list(state: &mut State, now: u64, body: &Value) -> Reply {
    let token = body["RetrievalToken"].as_str().unwrap_or_default().to_owned();
    let Some((ids, looks)) = state.retrievals.get_mut(&token) else {
        return Reply::Error(404, "ResourceNotFoundException", "no such retrieval".into());
    };
    *looks += 1;
    if *looks <= RUNNING_LOOKS {
        return Reply::Ok(json!({"RetrievalStatus": "RUNNING", "TraceFormat": "OTEL", "Traces": []}));
    }
    let ids = ids.clone();
    let mut all = Vec::new();
    for id in &ids {
        all.extend(as_spans(&sent(state, now, id)).into_iter().map(|span| (id.clone(), span)));
    }
    let from = offset(&body["NextToken"]);
    let page: Vec<_> = all.iter().skip(from).take(state.page_size).collect();
    let traces = ids.iter().map(|id| {
        let of_id = page.iter().filter(|(of, _)| of == id);
        let spans: Vec<_> =
            of_id.map(|(_, span)| json!({"Id": span["spanId"], "Document": span.to_string()})).collect();
        json!({"Id": id, "Spans": spans})
    });
    let traces: Vec<_> = traces.collect();
    let token = next(from, state.page_size, all.len());
    Reply::Ok(json!({"RetrievalStatus": "COMPLETE", "TraceFormat": "OTEL", "Traces": traces, "NextToken": token}))
}

pub(crate) fn offset(token: &Value) -> usize {
    token.as_str().and_then(|token| token.parse().ok()).unwrap_or_default()
}

pub(crate) fn next(from: usize, size: usize, all: usize) -> Value {
    if from + size < all { (from + size).to_string().into() } else { Value::Null }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The events of `aws/spans`.
pub(crate) fn span_events(state: &State, now: u64) -> Vec<String> {
    if state.destination == Destination::XRay {
        return Vec::new();
    }
    let visible: Vec<_> =
        state.documents.iter().filter(|(from, _)| *from <= now).map(|(_, document)| document.clone()).collect();
    as_spans(&visible).iter().map(Value::to_string).collect()
}
