//! No span was refused or given up, and no trace is over its quota.

use super::{Check, Finding, Judgement};
use crate::evidence::Evidence;

pub(super) const CHECK: Check =
    Check { id: "nothing-refused", title: "no document was refused, no span given up, no trace over its quota", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    for (_, trace) in judgement.traces(evidence) {
        if trace.is_limit_exceeded {
            judgement.fail(format!("trace {}: X-Ray says LimitExceeded, later documents of it are refused", trace.id));
        } else {
            judgement.saw(format!("trace {} is within its quota", trace.id));
        }
    }
    if let Some(log) = judgement.need(&evidence.log) {
        for ledger in &log.ledgers {
            let (_, late) = log.settled_late(&ledger.request_id);
            let outcome = &ledger.flush_outcome;
            if ledger.logged + late > 0 || outcome == "rejected" {
                let given_up = ledger.logged + late;
                judgement.fail(format!("trace {}: {given_up} spans given up, flush {outcome}", ledger.trace_id));
            }
        }
        let is_accounted =
            |trace: &String| log.ledgers.iter().any(|ledger| ledger.trace_id == *trace && ledger.logged > 0);
        for (trace, spans) in log.given_up.iter().filter(|(trace, _)| !is_accounted(trace)) {
            judgement
                .fail(format!("trace {trace}: {spans} spans were written to {}: send them with `replay`", log.group));
        }
    }
    judgement.finding()
}
