//! The function's own account of its spans, against what is in the trace.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, Ledger, Log, Phase, Trace};

pub(super) const CHECK: Check =
    Check { id: "ledger", title: "the ledger balances, and every span that it calls delivered is in the trace", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    let traces = judgement.traces(evidence);
    if let Some(log) = judgement.need(&evidence.log) {
        for (_, trace) in traces {
            match log.ledger(&trace.id) {
                None => judgement.fail(format!("trace {}: no ledger line in {}", trace.id, log.group)),
                Some(ledger) => account(&mut judgement, log, ledger, trace),
            }
        }
    }
    judgement.finding()
}

fn account(judgement: &mut Judgement, log: &Log, ledger: &Ledger, trace: &Trace) {
    let Ledger { created, delivered, retained, logged, folded, .. } = *ledger;
    let said = format!(
        "trace {}: {created} created, {delivered} delivered, {retained} retained, {logged} logged, {folded} folded",
        trace.id
    );
    if created != delivered + retained + logged + folded {
        return judgement.fail(format!("{said}: that does not add up"));
    }
    let (late, late_logged) = log.settled_late(&ledger.request_id);
    if late + late_logged > retained {
        return judgement.fail(format!("{said}: {} settled later", late + late_logged));
    }
    let present = trace.of_phase(Phase::Streaming).count() as u64;
    if late + late_logged < retained {
        // The next invocation of that environment sends them; there may have been none.
        return judgement
            .unknown(format!("{said}: {} retained spans are not settled yet", retained - late - late_logged));
    }
    if present == delivered + late {
        judgement.saw(format!("{said}; {present} in the trace"));
    } else {
        judgement.fail(format!("{said}, {late} delivered later; {present} in the trace"));
    }
}
