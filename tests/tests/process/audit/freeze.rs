//! That nothing of an invocation moves once its environment was frozen, but for what a failed export had to retain.

use std::time::Duration;

use super::Trace;
use crate::evidence::Evidence;

/// A line is read out of its pipe a little after it was written.
const READING: Duration = Duration::from_millis(300);

pub(super) fn check(trace: &Trace<'_>, evidence: &Evidence, problems: &mut Vec<String>) {
    let Some(frozen) = evidence.frozen_after(trace.response) else {
        return;
    };
    let later = trace.received.values().filter(|copies| copies.iter().any(|copy| copy.at > frozen)).count() as u64;
    if later > trace.ledger.retained {
        problems.push(format!("{later} spans arrived after the freeze, {} were retained", trace.ledger.retained));
    }
    let read_by = |at: &lambda_env::Stamp| at.since(&frozen) <= READING;
    let printed = trace.printed.values().flatten().filter(|(at, _)| !read_by(at)).count() as u64;
    if printed > trace.ledger.retained {
        problems
            .push(format!("{printed} spans were printed after the freeze, {} were retained", trace.ledger.retained));
    }
    if !read_by(&trace.ledger.at) {
        problems.push("its ledger line was written after the freeze".to_owned());
    }
}
