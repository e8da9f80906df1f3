//! Verification 7: invocations of a warm environment are in traces of their own, each the one that Lambda gave it.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, Log, StreamRecord, Trace};
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    id: "warm-isolation",
    title: "each invocation of a warm environment is in a trace of its own: the one that Lambda gave it",
    judge,
};

/// Fewer warm invocations than this show nothing: with the cold one before them they are the three of the requirement.
const WARM_MIN: usize = 2;

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    let traces = judgement.traces(evidence);
    for (id, streams) in by_trace(evidence) {
        if streams.len() > 1 {
            judgement.fail(format!("{} streams say that they are in trace {id}", streams.len()));
        }
    }
    for (_, trace) in &traces {
        let streams = trace.named("sse_stream").count();
        if streams > 1 {
            judgement
                .fail(format!("trace {} holds {streams} streams: spans of another invocation are in it", trace.id));
        }
    }
    if let Some(log) = judgement.need(&evidence.log) {
        for fault in mismatches(log, &traces) {
            judgement.fail(fault);
        }
    }
    let is_warm = |trace: &Trace| trace.stream().is_some_and(|stream| stream.flag("is_cold_start") == Some(false));
    let warm = traces.iter().filter(|(_, trace)| is_warm(trace)).count();
    if warm < WARM_MIN && !evidence.asked.is_warm {
        judgement.saw("fewer streams were asked for than show warm invocations (--invocations)");
    } else if warm < WARM_MIN {
        judgement.unknown(format!("{warm} of {} streams met a warm environment: {WARM_MIN} are needed", traces.len()));
    } else {
        judgement.saw(format!("{warm} of {} streams met a warm environment", traces.len()));
    }
    judgement.finding()
}

fn by_trace(evidence: &Evidence) -> BTreeMap<&str, Vec<&StreamRecord>> {
    let mut by_trace = BTreeMap::<_, Vec<_>>::new();
    for stream in evidence.served() {
        by_trace.entry(stream.trace_id().unwrap_or_default()).or_default().push(stream);
    }
    by_trace.remove("");
    by_trace
}

/// Who is in which trace is said three times: by the function's ledger, by Lambda's report, and by Lambda's segment.
fn mismatches(log: &Log, traces: &[(&StreamRecord, &Trace)]) -> Vec<String> {
    let reported = log.ledgers.iter().filter_map(|ledger| {
        let given = log.report(&ledger.request_id)?.trace_id.as_deref()?;
        (given != ledger.trace_id).then(|| {
            format!("invocation {} recorded into trace {}, Lambda gave it {given}", ledger.request_id, ledger.trace_id)
        })
    });
    let invocations = traces.iter().filter_map(|(_, trace)| {
        let ledger = log.ledger(&trace.id)?;
        let other = trace
            .lambda_segments()
            .filter_map(|segment| segment.invocation.as_deref())
            .find(|id| *id != ledger.request_id)?;
        Some(format!("trace {} is that of invocation {other}, its spans are those of {}", trace.id, ledger.request_id))
    });
    reported.chain(invocations).collect()
}
