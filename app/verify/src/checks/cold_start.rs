//! Verification 6: what the layer adds to a cold start, where a function without it is named.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, Log};
use std::time::Duration;

pub(super) const CHECK: Check =
    Check { id: "cold-start", title: "the layer adds little to a cold start (with --compare-function)", judge };

fn judge(evidence: &Evidence) -> Finding {
    let Some(other) = &evidence.comparison else {
        return Judgement::not_applicable("no function to compare with was named (--compare-function)");
    };
    let mut judgement = Judgement::default();
    if let (Some(this), Some(that)) = (judgement.need(&evidence.function), judgement.need(&other.function)) {
        let say = |layers: &[String]| if layers.is_empty() { "no layer".to_owned() } else { layers.join(", ") };
        judgement.saw(format!("{}: {}; {}: {}", this.name, say(&this.layers), that.name, say(&that.layers)));
    }
    if let (Some(this), Some(that)) = (judgement.need(&evidence.log), judgement.need(&other.log)) {
        match (median(this), median(that)) {
            (Some((with, n)), Some((without, m))) => {
                let said =
                    format!("median init {} ms of {n} against {} ms of {m}", with.as_millis(), without.as_millis());
                if with > without + evidence.limits.cold_start {
                    judgement.fail(format!("{said}: more than {} ms apart", evidence.limits.cold_start.as_millis()));
                } else {
                    judgement.saw(said);
                }
            }
            (this, _) => {
                let whose = if this.is_none() { "the function" } else { "the other function" };
                judgement.unknown(format!("no cold start of {whose} in the time that was read: see --since"));
            }
        }
    }
    judgement.finding()
}

fn median(log: &Log) -> Option<(Duration, usize)> {
    let mut inits: Vec<_> = log.reports.iter().filter_map(|report| report.init).collect();
    inits.sort_unstable();
    Some((*inits.get(inits.len() / 2)?, inits.len()))
}
