//! What the client saw of a stream fits the reason that the function gives for its end.

use lambda_env::{Outcome, Response};

use crate::ledger::ParsedLog;

pub(super) fn check(response: &Response, told: &ParsedLog, problems: &mut Vec<String>) {
    let mut note = |what: String| problems.push(format!("{}: {what}", response.request_id));
    let Some([end]) = told.ends.get(&response.request_id).map(Vec::as_slice) else {
        return;
    };
    let events = response.events();
    let said =
        events.last().map(|event| (event.name.clone(), event.json()["reason"].as_str().unwrap_or("").to_owned()));
    let said = said.as_ref().map(|(name, reason)| (name.as_str(), reason.as_str()));
    let is_busy = end.reason == "rejected";
    let is_stream = response.prelude().is_some_and(|prelude| prelude.status == 200);
    if is_stream && events.first().is_some_and(|event| event.retry.is_none() || (event.name == "heartbeat") == is_busy)
    {
        note(format!("the first event is {:?}", events[0]));
    }
    match &response.outcome {
        Some(Outcome::Complete) => {
            let expected = match end.reason.as_str() {
                "stream_max" => Some(("done", "stream_max")),
                "shutdown" => Some(("done", "shutdown")),
                "deadline" => Some(("deadline", "lambda_deadline")),
                "rejected" if is_stream => Some(("busy", "max_connections")),
                "rejected" => None,
                other => return note(format!("ended by {other} with a whole body")),
            };
            if said != expected {
                note(format!("the last event is {said:?}, the reason {}", end.reason));
            }
        }
        // It may have ended for its own reason just before.
        Some(Outcome::Refused(_) | Outcome::Cut | Outcome::Truncated) => {
            if ["error", "rejected"].contains(&end.reason.as_str()) && !is_busy {
                note(format!("cut off, and ended by {}", end.reason));
            }
        }
        outcome => note(format!("ended in {outcome:?}")),
    }
}
