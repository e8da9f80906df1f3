//! Every line of the log is one that machines can read: filters, metrics and `replay` depend on it.

use super::{Check, Finding, Judgement};
use crate::evidence::Evidence;

pub(super) const CHECK: Check = Check { id: "log-lines", title: "every line of the log parses", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    if let Some(log) = judgement.need(&evidence.log) {
        match (log.lines, log.odd_count) {
            (0, _) => judgement.unknown(format!("no line in {}", log.group)),
            (lines, 0) => judgement.saw(format!("{lines} lines in {}", log.group)),
            (lines, odd) => judgement.fail(format!("{odd} of {lines} lines in {} are of no known form", log.group)),
        }
        for line in &log.odd {
            judgement.fail(format!("neither Lambda's, nor JSON with `timestamp` and `level`: {line}"));
        }
    }
    judgement.finding()
}
