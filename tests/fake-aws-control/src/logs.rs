//! CloudWatch Logs: `FilterLogEvents` with a quoted phrase or nothing as its pattern, in pages, the first of them empty.

use crate::{
    control::{Asked, Reply, State},
    page::{next, offset},
    xray::span_events,
};
use serde_json::{Value, json};

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) stream: String,
    pub(crate) at_ms: u64,
    pub(crate) message: String,
}

pub(crate) fn filter(body: Value) -> Asked {
    Asked { action: "logs:FilterLogEvents", answer: Box::new(move |state, now| events(state, now, &body)) }
}

fn events(state: &State, now: u64, body: &Value) -> Reply {
    let group = body["logGroupName"].as_str().unwrap_or_default();
    let lines = if group == "aws/spans" {
        let line = |message| Line { stream: "default".to_owned(), at_ms: now, message };
        span_events(state, now).into_iter().map(line).collect()
    } else if let Some(lines) = state.logs.get(group) {
        lines.clone()
    } else {
        return Reply::Error(400, "ResourceNotFoundException", "The specified log group does not exist.".into());
    };
    if !body["nextToken"].is_string() {
        return Reply::Ok(json!({"events": [], "nextToken": "0"}));
    }
    let since = body["startTime"].as_u64().unwrap_or_default();
    let phrase = body["filterPattern"].as_str().unwrap_or_default().trim_matches('"');
    let is_asked = |line: &&Line| (since..=now).contains(&line.at_ms) && line.message.contains(phrase);
    let found: Vec<_> = lines.iter().filter(is_asked).collect();
    let from = offset(&body["nextToken"]);
    let page: Vec<_> = found.iter().skip(from).take(state.page_size).map(|line| event(line)).collect();
    Reply::Ok(json!({"events": page, "nextToken": next(from, state.page_size, found.len())}))
}

fn event(line: &Line) -> Value {
    json!({"logStreamName": line.stream, "timestamp": line.at_ms, "ingestionTime": line.at_ms, "message": line.message})
}
