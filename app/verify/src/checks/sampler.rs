//! FR-056: Lambda decides what is sampled; a sampler of another kind would leave roots without a parent.

use super::{Check, Finding, Judgement};
use crate::evidence::Evidence;

pub(super) const CHECK: Check = Check { id: "sampler", title: "the sampler is parentbased_always_on", judge };

const SAMPLER: &str = "parentbased_always_on";

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    if let Some(function) = judgement.need(&evidence.function) {
        match (&function.variables, function.variable("OTEL_TRACES_SAMPLER")) {
            (Err(why), _) => {
                judgement.unknown(format!("Lambda does not say the variables of {}: {why}", function.name));
            }
            (_, Some(other)) if other != SAMPLER => judgement.fail(format!("OTEL_TRACES_SAMPLER is {other}")),
            (_, Some(_)) => judgement.saw("OTEL_TRACES_SAMPLER says so"),
            (_, None) => judgement.saw("OTEL_TRACES_SAMPLER is not set: the default holds"),
        }
    }
    judgement.finding()
}
