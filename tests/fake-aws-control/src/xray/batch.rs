//! `BatchGetTraces`: the documents of traces, in pages.

use super::store::shown;
use crate::{
    control::{Reply, State},
    document_text::document_text,
    page::{next, offset, texts},
};
use serde_json::{Value, json};

/// Ids of one call.
const IDS_MAX: usize = 5;

/// Pages cut anywhere, in the middle of a trace too; the last document of a page comes again in the next one.
pub(super) fn get(state: &mut State, now: u64, body: &Value) -> Reply {
    let ids = texts(&body["TraceIds"]);
    if ids.len() > IDS_MAX {
        let text = format!("{} trace ids, {IDS_MAX} is the limit", ids.len());
        return Reply::Error(400, "InvalidRequestException", text);
    }
    let of = |id: &String| shown(state, now, id).into_iter().map(|document| (id.clone(), document)).collect::<Vec<_>>();
    let all: Vec<_> = ids.iter().flat_map(of).collect();
    let from = offset(&body["NextToken"]);
    let page: Vec<_> = all.iter().skip(from.saturating_sub(1)).take(state.page_size + usize::from(from > 0)).collect();
    let traces: Vec<_> = ids
        .iter()
        .filter_map(|id| {
            let of_id = page.iter().filter(|(of, _)| of == id);
            let segments: Vec<_> =
                of_id.map(|(_, document)| json!({"Id": document["id"], "Document": document_text(document)})).collect();
            (!segments.is_empty())
                .then(|| json!({"Id": id, "LimitExceeded": state.is_limit_exceeded, "Segments": segments}))
        })
        .collect();
    Reply::Ok(json!({"Traces": traces, "UnprocessedTraceIds": [], "NextToken": next(from, state.page_size, all.len())}))
}
