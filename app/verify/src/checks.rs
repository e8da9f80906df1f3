//! One check per file: a pure function from the evidence to a verdict with its reasons.
//!
//! The ids are part of the stable form of `--json`.

mod alarms;
mod check;
mod cold_start;
mod document_size;
mod first_event;
mod judgement;
mod ledger;
mod log_lines;
mod memory;
mod no_orphans;
mod no_wrapper;
mod nothing_refused;
mod one_entry_per_call;
mod one_service_node;
mod one_trace;
mod reserved_concurrency;
mod response_streaming;
mod resume;
mod sampler;
mod service_names;
mod span_covers_iteration;
mod spans_after_return;
mod spans_present;
mod streams_open;
mod tracing_active;
mod url_permissions;
mod warm_isolation;

pub use check::{Check, Judged};
pub use judgement::{Finding, Verdict};

use crate::evidence::Evidence;
use judgement::Judgement;

/// All of them, in the order of the report: the nine verifications of the requirement, then ours.
pub const ALL: [Check; 25] = [
    streams_open::CHECK,
    spans_present::CHECK,
    spans_after_return::CHECK,
    no_orphans::CHECK,
    span_covers_iteration::CHECK,
    one_trace::CHECK,
    cold_start::CHECK,
    warm_isolation::CHECK,
    one_entry_per_call::CHECK,
    memory::CHECK,
    ledger::CHECK,
    nothing_refused::CHECK,
    one_service_node::CHECK,
    document_size::CHECK,
    no_wrapper::CHECK,
    service_names::CHECK,
    sampler::CHECK,
    tracing_active::CHECK,
    url_permissions::CHECK,
    response_streaming::CHECK,
    reserved_concurrency::CHECK,
    alarms::CHECK,
    resume::CHECK,
    log_lines::CHECK,
    first_event::CHECK,
];

/// Makes all checks.
pub fn judge(evidence: &Evidence) -> Vec<Judged> {
    ALL.iter().map(|check| Judged { check: *check, finding: check.judge(evidence) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let ids: BTreeSet<_> = ALL.iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), ALL.len());
    }
}
