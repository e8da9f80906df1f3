//! Somebody is told when spans are given up, invocations fail, or memory runs out.

use super::{Check, Finding, Judgement};
use crate::evidence::{Alarm, Evidence};

pub(super) const CHECK: Check =
    Check { id: "alarms", title: "alarms on lost spans and on failed invocations are there", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    let function = judgement.need(&evidence.function);
    let alarms = judgement.need(&evidence.alarms);
    if let (Some(function), Some(alarms)) = (function, alarms) {
        let environment = function.variable("ENVIRONMENT");
        let is_lost = |alarm: &Alarm| {
            alarm.metric == "SpansNotDelivered"
                && (environment.is_none() || alarm.dimensions.get("Environment").map(String::as_str) == environment)
        };
        let is_error = |alarm: &Alarm| {
            alarm.namespace == "AWS/Lambda"
                && alarm.metric == "Errors"
                && alarm.dimensions.get("FunctionName") == Some(&function.name)
        };
        present(&mut judgement, alarms, "SpansNotDelivered", is_lost);
        present(&mut judgement, alarms, &format!("AWS/Lambda Errors of {}", function.name), is_error);
    }
    judgement.finding()
}

fn present(judgement: &mut Judgement, alarms: &[Alarm], what: &str, is_it: impl Fn(&Alarm) -> bool) {
    let mut found = alarms.iter().filter(|alarm| is_it(alarm)).peekable();
    if found.peek().is_none() {
        judgement.fail(format!("no alarm on {what}"));
    }
    for alarm in found {
        let told = if alarm.has_actions { "" } else { ", and nobody is told: it has no action" };
        judgement.saw(format!("{} watches {what}: {}{told}", alarm.name, alarm.state));
    }
}
