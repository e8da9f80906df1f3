//! Documents stay below what the store takes. X-Ray hands subsegments out merged into their segment, so each entry is measured
//! without what is nested in it.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, TraceStore};

pub(super) const CHECK: Check =
    Check { id: "document-size", title: "every document is smaller than the store's limit", judge };

/// A document of `PutTraceSegments`, in bytes.
const SEGMENT_BYTES_MAX: usize = 64 * 1_024;
/// A span of Transaction Search, in bytes.
const SPAN_BYTES_MAX: usize = 200 * 1_024;

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    for (_, trace) in judgement.traces(evidence) {
        let limit = match trace.store {
            TraceStore::XRay => SEGMENT_BYTES_MAX,
            TraceStore::TransactionSearch => SPAN_BYTES_MAX,
        };
        let Some(largest) = trace.nodes.iter().max_by_key(|node| node.bytes) else { continue };
        let said = format!(
            "trace {}: the largest is {} {}, {} bytes of {limit}",
            trace.id, largest.name, largest.id, largest.bytes
        );
        if largest.bytes >= limit { judgement.fail(said) } else { judgement.saw(said) }
    }
    judgement.finding()
}
