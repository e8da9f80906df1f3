//! How long readers wait for their first event.

use super::{Check, Finding, Judgement};
use crate::evidence::Evidence;

pub(super) const CHECK: Check = Check { id: "first-event", title: "the first event comes soon", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    let mut waits: Vec<_> = evidence.served().filter_map(|stream| Some((stream.first_event()?, stream))).collect();
    waits.sort_by_key(|(wait, _)| *wait);
    let limit = evidence.limits.first_event;
    if let (Some((least, _)), Some((median, _)), Some((most, slowest))) =
        (waits.first(), waits.get(waits.len() / 2), waits.last())
    {
        let [least, median, longest] = [least, median, most].map(std::time::Duration::as_millis);
        let said = format!(
            "{} streams: {least} ms at least, median {median} ms, {longest} ms at most ({slowest})",
            waits.len()
        );
        if *most > limit {
            judgement.fail(format!("{said}; the limit is {} ms", limit.as_millis()));
        } else {
            judgement.saw(said);
        }
    }
    judgement.finding()
}
