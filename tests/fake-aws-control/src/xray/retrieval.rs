//! Retrieval of traces where the account sends them to Transaction Search: it is asked for, runs for a while, and is read in pages.

use super::{
    graph::services,
    store::{sent, spans},
};
use crate::{
    control::{Reply, State},
    page::{next, offset, texts},
    shown::as_xray_shows,
};
use serde_json::{Value, json};

/// Looks at a retrieval that find it running.
const RUNNING_LOOKS: usize = 2;
/// Ids of one retrieval.
const IDS_MAX: usize = 100;
/// Of one page, however large the pages of other calls are.
const SPANS_MAX: usize = 100;

/// A retrieval that was asked for.
#[derive(Debug)]
pub(crate) struct Retrieval {
    ids: Vec<String>,
    looks: usize,
    is_cancelled: bool,
}

pub(super) fn start(state: &mut State, _: u64, body: &Value) -> Reply {
    let ids = texts(&body["TraceIds"]);
    if ids.is_empty() || ids.len() > IDS_MAX || !body["StartTime"].is_number() || !body["EndTime"].is_number() {
        let text = format!("{} trace ids, {IDS_MAX} is the limit; start and end are needed", ids.len());
        return Reply::Error(400, "InvalidRequestException", text);
    }
    let token = format!("retrieval-{}", state.retrievals.len());
    state.retrievals.insert(token.clone(), Retrieval { ids, looks: 0, is_cancelled: false });
    Reply::Ok(json!({"RetrievalToken": token}))
}

/// The ids once it is complete, else the status that is said instead.
fn look(state: &mut State, body: &Value) -> Result<Vec<String>, Reply> {
    let token = body["RetrievalToken"].as_str().unwrap_or_default();
    let Some(retrieval) = state.retrievals.get_mut(token) else {
        return Err(Reply::Error(404, "ResourceNotFoundException", "no such retrieval".into()));
    };
    retrieval.looks += 1;
    let status = match (retrieval.is_cancelled, retrieval.looks) {
        (true, _) => "CANCELLED",
        (_, 1) => "SCHEDULED",
        (_, looks) if looks <= RUNNING_LOOKS => "RUNNING",
        _ => return Ok(retrieval.ids.clone()),
    };
    Err(Reply::Ok(json!({"RetrievalStatus": status, "TraceFormat": "OTEL", "Traces": [], "Services": []})))
}

pub(super) fn list(state: &mut State, now: u64, body: &Value) -> Reply {
    let ids = match look(state, body) {
        Ok(ids) => ids,
        Err(reply) => return reply,
    };
    let of = |id: &String| spans(state, now, id).into_iter().map(|span| (id.clone(), span)).collect::<Vec<_>>();
    let all: Vec<_> = ids.iter().flat_map(of).collect();
    let (from, size) = (offset(&body["NextToken"]), state.page_size.min(SPANS_MAX));
    let page: Vec<_> = all.iter().skip(from).take(size).collect();
    let traces: Vec<_> = ids
        .iter()
        .map(|id| {
            let of_id = page.iter().filter(|(of, _)| of == id);
            let spans: Vec<_> =
                of_id.map(|(_, span)| json!({"Id": span["spanId"], "Document": span.to_string()})).collect();
            json!({"Id": id, "Spans": spans})
        })
        .collect();
    let token = next(from, size, all.len());
    Reply::Ok(json!({"RetrievalStatus": "COMPLETE", "TraceFormat": "OTEL", "Traces": traces, "NextToken": token}))
}

pub(super) fn graph(state: &mut State, now: u64, body: &Value) -> Reply {
    let ids = match look(state, body) {
        Ok(ids) => ids,
        Err(reply) => return reply,
    };
    let documents: Vec<_> = ids.iter().flat_map(|id| as_xray_shows(&sent(state, now, id))).collect();
    let services: Vec<_> =
        services(&documents).into_iter().map(|service| json!({"Service": service, "Links": []})).collect();
    Reply::Ok(json!({"RetrievalStatus": "COMPLETE", "Services": services}))
}

pub(super) fn cancel(state: &mut State, _: u64, body: &Value) -> Reply {
    match state.retrievals.get_mut(body["RetrievalToken"].as_str().unwrap_or_default()) {
        None => Reply::Error(404, "ResourceNotFoundException", "no such retrieval".into()),
        Some(retrieval) => {
            retrieval.is_cancelled = true;
            Reply::Ok(json!({}))
        }
    }
}
