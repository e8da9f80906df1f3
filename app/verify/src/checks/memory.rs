//! Verification 9: memory of the function and its extensions together.

use super::{Check, Finding, Judgement};
use crate::evidence::Evidence;

pub(super) const CHECK: Check =
    Check { id: "memory", title: "function and extensions together use less memory than the limit", judge };

fn judge(evidence: &Evidence) -> Finding {
    if evidence.is_managed_instances() == Some(true) {
        return Judgement::not_applicable("Managed Instances report no memory of an invocation; their floor is 2 GB");
    }
    let mut judgement = Judgement::default();
    let limit = evidence.limits.memory_mb;
    if let Some(log) = judgement.need(&evidence.log) {
        let used: Vec<_> =
            log.reports.iter().filter_map(|report| Some((report.max_used_mb?, &report.request_id))).collect();
        match used.iter().max() {
            None => judgement.unknown(format!("no report of an invocation in {}", log.group)),
            Some((most, request)) if *most >= limit => {
                judgement.fail(format!("{most} MB in invocation {request}: {limit} MB is the limit"));
            }
            Some((most, _)) => {
                judgement.saw(format!("at most {most} MB in {} invocations; {limit} MB is the limit", used.len()));
            }
        }
    }
    judgement.finding()
}
