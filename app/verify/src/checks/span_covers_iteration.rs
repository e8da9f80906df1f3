//! Verification 4: the stream's span covers the iteration, not the construction. Judged against the reader's own clock: only
//! durations are compared, so clocks that differ do no harm.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, StreamEnd};

pub(super) const CHECK: Check = Check {
    id: "span-covers-iteration",
    title: "the stream's span lasts as long as its reader saw events, and counts them",
    judge,
};

/// What the network may add between the first event and the last, in seconds.
const TOLERANCE_S: f64 = 1.0;

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    for (stream, trace) in judgement.traces(evidence) {
        let Some(span) = trace.stream() else {
            judgement.fail(format!("trace {}: no `sse_stream`", trace.id));
            continue;
        };
        let (Some(lasted), read) = (span.seconds(), stream.events_took().as_secs_f64()) else {
            judgement.fail(format!("trace {}: `sse_stream` has no end", trace.id));
            continue;
        };
        let said = format!("trace {}: the span lasted {lasted:.2} s, its events took {read:.2} s to read", trace.id);
        if lasted + TOLERANCE_S < read {
            judgement.fail(said);
            continue;
        }
        let count = stream.events.len() as u64;
        match span.number("events_yielded") {
            None => judgement.fail(format!("trace {}: `sse_stream` has no `events_yielded`", trace.id)),
            // The reader cannot have seen more than was sent, and after a clean end it has seen all.
            Some(yielded) if yielded < count || (stream.end == StreamEnd::Complete && yielded != count) => {
                judgement.fail(format!("trace {}: `events_yielded` is {yielded}, the reader saw {count}", trace.id));
            }
            Some(yielded) => judgement.saw(format!("{said}; {yielded} events")),
        }
    }
    judgement.finding()
}
