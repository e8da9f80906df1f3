//! Verification 8: each AWS call is one entry, in both phases. Inferred segments, which X-Ray makes itself with the same
//! request id, are no entries.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, Node, Phase, Purpose, Trace};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const CHECK: Check =
    Check { id: "one-entry-per-call", title: "each AWS call is one entry of the trace, in both phases", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    let mut everywhere = BTreeMap::<&str, Vec<&str>>::new();
    for (stream, trace) in judgement.traces(evidence) {
        let faults = faults(trace);
        let of = |phase| trace.calls().filter(|node| trace.phase(node) == Some(phase)).count();
        let (handler, streaming) = (of(Phase::Handler), of(Phase::Streaming));
        if stream.purpose == Purpose::Configuration && handler != 1 {
            judgement.fail(format!(
                "trace {}: the handler phase looked up one configuration and shows {handler} calls",
                trace.id
            ));
        }
        if faults.is_empty() {
            judgement.saw(format!("trace {}: {handler} calls of the handler, {streaming} of the stream", trace.id));
        }
        for fault in faults {
            judgement.fail(format!("trace {}: {fault}", trace.id));
        }
        for id in trace.calls().filter_map(request_id) {
            everywhere.entry(id).or_default().push(&trace.id);
        }
    }
    for (id, mut traces) in everywhere {
        traces.dedup();
        if traces.len() > 1 {
            judgement.fail(format!("request {id} is in several traces: {}", traces.join(", ")));
        }
    }
    judgement.finding()
}

fn request_id(node: &Node) -> Option<&str> {
    node.call.as_ref()?.request_id.as_deref()
}

fn faults(trace: &Trace) -> Vec<String> {
    let mut by_request = BTreeMap::<&str, Vec<&Node>>::new();
    // A call that was never answered has no request id: then what it was, when it began and which partition it read tell two entries
    // apart. The three reads of a round begin together, and are cancelled together where their stream ends.
    let mut by_time = BTreeMap::<String, Vec<Option<&str>>>::new();
    let mut faults = Vec::new();
    for node in trace.calls() {
        if let Some(id) = request_id(node) {
            by_request.entry(id).or_default().push(node);
        } else if let Some(call) = &node.call {
            let partitions = by_time.entry(format!("{} at {:.3}", call.operation, node.start)).or_default();
            partitions.push(node.text("sentiment_type"));
        }
        if trace.phase(node).is_none() {
            faults.push(format!("{} {} belongs to neither phase", node.name, node.id));
        }
    }
    for (id, nodes) in by_request.into_iter().filter(|(_, nodes)| nodes.len() > 1) {
        let names: Vec<_> = nodes.iter().map(|node| format!("{} {}", node.name, node.id)).collect();
        faults.push(format!("request {id} is {} entries: {}", names.len(), names.join(", ")));
    }
    let twice = by_time.into_iter().filter(|(_, partitions)| is_twice(partitions));
    faults.extend(twice.map(|(call, partitions)| format!("{call}, not answered, is {} entries", partitions.len())));
    faults
}

/// An entry that names no partition may stand for the call of any.
fn is_twice(partitions: &[Option<&str>]) -> bool {
    let distinct: BTreeSet<_> = partitions.iter().collect();
    partitions.len() > 1 && (distinct.len() < partitions.len() || distinct.contains(&None))
}
