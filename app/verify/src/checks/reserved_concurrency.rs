//! A stream holds an environment as long as it lasts. What is reserved has to be enough for the streams that are expected, and
//! is what bounds the cost of a public URL.

use super::{Check, Finding, Judgement};
use crate::evidence::{AuthType, Evidence};

pub(super) const CHECK: Check = Check {
    id: "reserved-concurrency",
    title: "enough concurrency is reserved for the streams that are expected",
    judge,
};

fn judge(evidence: &Evidence) -> Finding {
    if evidence.is_managed_instances() == Some(true) {
        return Judgement::not_applicable("on Managed Instances environments are scaled, not reserved");
    }
    let mut judgement = Judgement::default();
    let wanted = evidence.limits.streams;
    match judgement.need(&evidence.reserved_concurrency) {
        Some(Some(reserved)) if *reserved < wanted => {
            judgement.fail(format!("{reserved} are reserved, {wanted} streams are expected (--expect-streams)"));
        }
        Some(Some(reserved)) => judgement.saw(format!("{reserved} are reserved, {wanted} streams are expected")),
        Some(None) => match &evidence.url {
            Ok(url) if url.auth == AuthType::AwsIam => {
                judgement.saw("none is reserved; only signed callers use the account's");
            }
            _ => judgement.fail("none is reserved: a public URL may use up the account's, for every function in it"),
        },
        None => {}
    }
    judgement.finding()
}
