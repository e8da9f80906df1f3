//! Verification 3: every parent resolves, and nothing was thrown away on the way.

use super::{Check, Finding, Judgement};
use crate::evidence::Evidence;

pub(super) const CHECK: Check =
    Check { id: "no-orphans", title: "every parent is in the trace, and nothing was discarded", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    for (_, trace) in judgement.traces(evidence) {
        if trace.unreadable > 0 {
            judgement.fail(format!("trace {}: {} documents cannot be read", trace.id, trace.unreadable));
        }
        let mut has_orphans = false;
        for node in trace.orphans() {
            has_orphans = true;
            let parent = node.parent.as_deref().unwrap_or_default();
            judgement.fail(format!(
                "trace {}: {} {} has the parent {parent}, which is not there",
                trace.id, node.name, node.id
            ));
        }
        if !has_orphans {
            judgement.saw(format!("trace {}: {} entries, every parent is there", trace.id, trace.nodes.len()));
        }
    }
    if let Some(log) = judgement.need(&evidence.log) {
        for line in &log.discards {
            judgement.fail(format!("the log tells of a document that was discarded: {line}"));
        }
    }
    judgement.finding()
}
