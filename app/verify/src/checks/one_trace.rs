//! Verification 5: both phases are in one trace, under the segment that Lambda made for the function.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, Node, Trace};

pub(super) const CHECK: Check = Check {
    id: "one-trace",
    title: "both phases are in the trace of Lambda's own segment, side by side under it",
    judge,
};

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    for (_, trace) in judgement.traces(evidence) {
        let faults = faults(trace);
        if faults.is_empty() {
            judgement.saw(format!("trace {}: `## handler` and `sse_stream` under the function's segment", trace.id));
        }
        for fault in faults {
            judgement.fail(format!("trace {}: {fault}", trace.id));
        }
    }
    judgement.finding()
}

fn faults(trace: &Trace) -> Vec<String> {
    let mut faults = Vec::new();
    if trace.segments().next().is_none() {
        faults.push("no segment of Lambda's is in it".to_owned());
    }
    let phases = [("## handler", trace.handler()), ("sse_stream", trace.stream())];
    faults.extend(phases.iter().filter(|(_, node)| node.is_none()).map(|(name, _)| format!("`{name}` is not in it")));
    let parents: Vec<_> = phases.iter().filter_map(|(_, node)| trace.effective_parent((*node)?)).collect();
    if let [handler, stream] = parents[..]
        && handler.id != stream.id
    {
        let name = |node: &Node| format!("{} {}", node.name, node.id);
        faults.push(format!("`## handler` lies under {}, `sse_stream` under {}", name(handler), name(stream)));
    }
    // In the span format of Transaction Search the origin of a segment need not be known.
    if let Some(segment) = trace.function_segment() {
        let elsewhere = parents.iter().filter(|parent| parent.id != segment.id);
        faults.extend(
            elsewhere.map(|parent| format!("a phase lies under {}, not under the function's segment", parent.name)),
        );
    }
    faults
}
