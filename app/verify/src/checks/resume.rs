//! A client that comes back with its cursor, to another environment, ends with what a new client holds.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, Holdings, Purpose, StreamRecord};

pub(super) const CHECK: Check = Check {
    id: "resume",
    title: "a client that resumes in another environment ends with what a new client holds",
    judge,
};

fn judge(evidence: &Evidence) -> Finding {
    if !evidence.asked.is_resume {
        return Judgement::not_applicable("no stream was to be resumed");
    }
    let mut judgement = Judgement::default();
    let fresh = evidence.served().find(|stream| stream.purpose == Purpose::Fresh);
    let mut tried = 0;
    for resumed in evidence.served() {
        let Purpose::Resumed { from, events } = resumed.purpose else { continue };
        let (Some(first), Some(fresh)) = (evidence.streams.get(from), fresh) else { continue };
        tried += 1;
        compare(&mut judgement, first, events, resumed, fresh);
        environments(&mut judgement, evidence, first, resumed);
    }
    if tried == 0 {
        judgement.unknown("no stream was resumed beside a new one: the first one sent no cursor, or was not served");
    }
    judgement.finding()
}

fn compare(
    judgement: &mut Judgement,
    first: &StreamRecord,
    events: usize,
    resumed: &StreamRecord,
    fresh: &StreamRecord,
) {
    let before = Holdings::default().read(&first.events[..events.min(first.events.len())]);
    let after = before.clone().read(&resumed.events);
    let new = Holdings::default().read(&fresh.events);
    if new.is_empty() {
        return judgement.unknown("a new client was sent no state: the table may be empty");
    }
    let differences = after.differences(&new);
    for difference in &differences {
        judgement.fail(format!("the resumed {resumed} and the new {fresh} differ in {difference}"));
    }
    if differences.is_empty() {
        let updates =
            |stream: &StreamRecord| stream.events.iter().filter(|event| event.name == "sentiment_update").count();
        judgement.saw(format!(
            "{} tickers each; the resumed {resumed} was sent {} updates, the new {fresh} {}",
            new.len(),
            updates(resumed),
            updates(fresh)
        ));
    }
}

/// The first stream was still open, so on demand the second met another environment; the log shows it.
fn environments(judgement: &mut Judgement, evidence: &Evidence, first: &StreamRecord, resumed: &StreamRecord) {
    let Some(log) = judgement.need(&evidence.log) else { return };
    let environment = |stream: &StreamRecord| stream.trace_id().and_then(|id| log.environment(id));
    match (environment(first), environment(resumed)) {
        (Some(one), Some(other)) if one != other => judgement.saw(format!("{one} and {other}")),
        // One of their environments serves many streams at once, and no request can choose another.
        (Some(one), Some(_)) if evidence.is_managed_instances() == Some(true) => {
            judgement.saw(format!("both streams met {one}, as they may on Managed Instances"));
        }
        (Some(one), Some(_)) => judgement.unknown(format!("both streams met the same environment, {one}")),
        _ => judgement.unknown("the log does not say which environments served them"),
    }
}
