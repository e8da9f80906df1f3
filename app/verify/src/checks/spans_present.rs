//! Verification 1: polling, dispatch and connection life are all in the invocation's trace.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, STREAMING_SPANS, Trace};

pub(super) const CHECK: Check = Check {
    id: "spans-present",
    title: "polling, event dispatch, connection acquire and release are in the invocation's trace",
    judge,
};

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    for (_, trace) in judgement.traces(evidence) {
        let mut missing: Vec<_> =
            STREAMING_SPANS.into_iter().filter(|name| trace.named(name).next().is_none()).collect();
        // A stream whose polls were all made by another one has none of its own, and says so.
        let has_shared = trace.stream().and_then(|stream| stream.number("polls_shared")).is_some_and(|polls| polls > 0);
        let polls = trace.nodes.iter().filter(|node| Trace::is_poll(node)).count();
        if polls == 0 && !has_shared {
            missing.push("dynamodb_poll");
        }
        if missing.is_empty() {
            let dispatches = trace.named("sse_event_dispatch").count();
            judgement.saw(format!("trace {}: {polls} polls, {dispatches} dispatches, acquire and release", trace.id));
        } else {
            judgement.fail(format!("trace {} lacks {}", trace.id, missing.join(", ")));
        }
    }
    judgement.finding()
}
