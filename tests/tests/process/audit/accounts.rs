//! That no span is lost and none is there twice without a reason: ledger, collector and log agree, span by span.

use lambda_env::{OtlpFault, otlp_receiver::OtlpRequest};

use super::{Figures, Trace};
use crate::evidence::Evidence;

pub(super) fn check(trace: &Trace<'_>, evidence: &Evidence, figures: &mut Figures, problems: &mut Vec<String>) {
    let (ledger, late) = (trace.ledger, trace.late);
    let root = trace.response.trace.as_ref().map_or("", |header| header.root.as_str());
    if ledger.trace_id != root {
        problems.push(format!("its ledger line names the trace {}, not {root}", ledger.trace_id));
    }
    let sum = ledger.delivered + ledger.retained + ledger.logged + ledger.folded;
    if ledger.created != sum || ledger.missing != 0 {
        problems.push(format!("the ledger does not add up: {ledger:?}"));
    }
    let later = late.delivered + late.logged;
    if later != ledger.retained {
        problems.push(format!("{} were retained, {later} settled later", ledger.retained));
    }
    let (delivered, logged) = (ledger.delivered + late.delivered, ledger.logged + late.logged);
    let known = trace.spans().len() as u64;
    let sent = ledger.created.saturating_sub(ledger.folded);
    if known != sent {
        problems.push(format!("{sent} spans were created and not folded, {known} are received or in the log"));
    }
    check_log(trace, evidence, (delivered, logged), problems);
    let duplicates = check_duplicates(trace, evidence, problems);
    let resent = ledger.resent + late.resent;
    if duplicates > resent {
        problems.push(format!("{duplicates} arrived twice, {resent} were counted as resent"));
    }
    figures.created += ledger.created;
    figures.delivered += delivered;
    figures.retained += ledger.retained;
    figures.logged += logged;
    figures.folded += ledger.folded;
    figures.resent += resent;
    figures.duplicates += duplicates;
}

/// What counts as logged is in the log, once; what counts as delivered was accepted.
fn check_log(trace: &Trace<'_>, evidence: &Evidence, (delivered, logged): (u64, u64), problems: &mut Vec<String>) {
    let printed = trace.printed.len() as u64;
    let accepted = trace.accepted_spans();
    let is_partial = trace.received.values().flatten().any(|copy| is_partial(&evidence.requests[copy.request]));
    // A partial success does not say which spans it refused. In a request of several streams the first ones bear them, so
    // that only the sum over all streams is right, which `sums` compares.
    let is_shared = is_partial
        && trace.received.values().flatten().any(|copy| {
            let mut others = evidence.received.iter().filter(|other| other.request == copy.request);
            others.any(|other| other.span.trace_id != copy.span.trace_id)
        });
    if accepted < delivered && !is_shared {
        problems.push(format!("{delivered} count as delivered, {accepted} were accepted"));
    }
    // All spans of such a request are printed.
    if if is_partial { printed < logged } else { printed != logged } {
        problems.push(format!("{logged} count as logged, {printed} are in the log"));
    }
    if let Some((id, lines)) = trace.printed.iter().find(|(_, lines)| lines.len() > 1) {
        problems.push(format!("span {id} is in the log {} times", lines.len()));
    }
}

/// What counts as delivered in all was accepted: of a request that streams shared, no stream's own count need be right.
pub(super) fn sums<'a>(traces: impl Iterator<Item = &'a Trace<'a>>, figures: &Figures, problems: &mut Vec<String>) {
    let accepted: u64 = traces.map(Trace::accepted_spans).sum();
    if accepted < figures.delivered {
        problems.push(format!("{} count as delivered in all, {accepted} were accepted", figures.delivered));
    }
}

fn is_partial(request: &OtlpRequest) -> bool {
    matches!(request.fault, Some(OtlpFault::PartialSuccess(_)))
}

/// Copies beyond the first that the collector accepted. Each needs an earlier answer that the function cannot have read.
fn check_duplicates(trace: &Trace<'_>, evidence: &Evidence, problems: &mut Vec<String>) -> u64 {
    let mut duplicates = 0;
    for (id, copies) in &trace.received {
        let accepted: Vec<_> = copies.iter().filter(|copy| copy.accepted).collect();
        duplicates += (accepted.len() as u64).saturating_sub(1);
        for earlier in accepted.iter().rev().skip(1) {
            let request = &evidence.requests[earlier.request];
            if !matches!(request.fault, Some(OtlpFault::AnswerLost | OtlpFault::Slow(_))) {
                problems.push(format!("span {id} was accepted again after an answer that was not lost: {request:?}"));
            }
        }
    }
    duplicates
}
