//! Verification 2: what happens after the handler returned is recorded, to the stream's end.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, Phase};

pub(super) const CHECK: Check = Check {
    id: "spans-after-return",
    title: "spans that start after the handler returned are there, to the stream's end",
    judge,
};

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    for (_, trace) in judgement.traces(evidence) {
        let Some(returned) = trace.handler().and_then(|handler| handler.end) else {
            judgement.unknown(format!(
                "trace {}: when the handler returned is not known, `## handler` is missing",
                trace.id
            ));
            continue;
        };
        let after = trace.of_phase(Phase::Streaming).filter(|node| node.start >= returned).count();
        let has_end = trace.named("connection_release").any(|release| release.start >= returned);
        match (after, has_end) {
            (0, _) => judgement.fail(format!("trace {}: no span starts after the handler returned", trace.id)),
            (_, false) => judgement.fail(format!(
                "trace {}: {after} spans after the handler returned, but `connection_release`, the end, is not among them",
                trace.id
            )),
            _ => judgement.saw(format!("trace {}: {after} spans start after the handler returned", trace.id)),
        }
    }
    judgement.finding()
}
