//! Without streams there is nothing to judge; this check says why there are none.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, StreamEnd, StreamRecord};

pub(super) const CHECK: Check = Check {
    id: "streams-open",
    title: "every stream is answered with events, the first a heartbeat, to its end",
    judge,
};

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    for stream in &evidence.streams {
        match fault(stream) {
            Some(fault) => judgement.fail(fault),
            None => judgement.saw(format!(
                "{stream}: {} events in {:.1} s",
                stream.events.len(),
                stream.ended.as_secs_f64()
            )),
        }
    }
    judgement.finding()
}

fn fault(stream: &StreamRecord) -> Option<String> {
    let detail = stream.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    match &stream.status {
        Err(why) => return Some(format!("{stream}: {why}")),
        Ok(401) => return Some(format!("{stream}: 401, the token was refused{detail}; the function's log says why")),
        Ok(403) => {
            return Some(format!(
                "{stream}: 403, the URL refuses this caller: permissions, or a request that is not signed{detail}"
            ));
        }
        Ok(404) => return Some(format!("{stream}: 404, not this service's URL, or no such configuration{detail}")),
        Ok(429) => {
            return Some(format!("{stream}: 429, Lambda had no environment left: reserved or account concurrency"));
        }
        Ok(200) => {}
        Ok(status) => return Some(format!("{stream}: {status}{detail}")),
    }
    if !stream.content_type.starts_with("text/event-stream") {
        return Some(format!("{stream}: content type {:?}, not text/event-stream", stream.content_type));
    }
    let Some(first) = stream.events.first() else { return Some(format!("{stream}: no event")) };
    if first.name == "busy" {
        return Some(format!("{stream}: turned away as busy"));
    }
    if first.name != "heartbeat" {
        return Some(format!("{stream}: the first event is {}, not a heartbeat", first.name));
    }
    if let StreamEnd::Broken(why) = &stream.end {
        return Some(format!("{stream}: broke off after {} events: {why}", stream.events.len()));
    }
    let is_final = |name: &str| matches!(name, "done" | "deadline");
    let last = stream.events.last().map_or("", |event| &event.name);
    (stream.end == StreamEnd::Complete && !is_final(last))
        .then(|| format!("{stream}: the body ended after {last:?}, without `done` or `deadline`"))
}
