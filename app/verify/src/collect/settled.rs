//! Whether what was read back is complete: documents and log lines come late, in any order, and some of them before others.

use crate::evidence::{Evidence, Phase, StreamRecord, Trace};

/// The streams whose trace or log lines are not all there yet.
pub(super) fn unsettled(evidence: &Evidence) -> Vec<&str> {
    let ids = evidence.served().filter_map(StreamRecord::trace_id);
    ids.filter(|id| !is_settled(evidence, id)).collect()
}

fn is_settled(evidence: &Evidence, id: &str) -> bool {
    let Some(Ok(trace)) = evidence.traces.get(id) else { return false };
    if !is_whole(trace) {
        return false;
    }
    // What the log cannot be asked, it need not say.
    let Ok(log) = &evidence.log else { return true };
    let Some(ledger) = log.ledger(id) else { return false };
    let (late, _) = log.settled_late(&ledger.request_id);
    let has_report = log.report(&ledger.request_id).is_some();
    has_report && trace.of_phase(Phase::Streaming).count() as u64 >= ledger.delivered + late
}

/// Whether nothing in the trace itself says that something is missing.
fn is_whole(trace: &Trace) -> bool {
    let is_closed = trace.segments().next().is_some() && trace.segments().all(|(segment, _)| segment.end.is_some());
    is_closed && trace.handler().is_some() && trace.stream().is_some() && trace.orphans().next().is_none()
}
