//! FR-046: a wrapper would instrument the function a second time.

use super::{Check, Finding, Judgement};
use crate::evidence::Evidence;

pub(super) const CHECK: Check = Check { id: "no-wrapper", title: "AWS_LAMBDA_EXEC_WRAPPER is not set", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    if let Some(function) = judgement.need(&evidence.function) {
        match &function.variables {
            Err(why) => judgement.unknown(format!("Lambda does not say the variables of {}: {why}", function.name)),
            Ok(variables) => match variables.get("AWS_LAMBDA_EXEC_WRAPPER") {
                Some(wrapper) => judgement.fail(format!("AWS_LAMBDA_EXEC_WRAPPER is {wrapper}")),
                None => judgement.saw(format!("not among the variables of {}", function.name)),
            },
        }
    }
    judgement.finding()
}
