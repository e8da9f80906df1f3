//! Tracing is on, and the decision to sample reached the function.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, FunctionConfig};

pub(super) const CHECK: Check =
    Check { id: "tracing-active", title: "tracing is active, and streams that were asked to be sampled are", judge };

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    if let Some(function) = judgement.need(&evidence.function) {
        match off(function) {
            Some(why) => judgement.fail(why),
            None => judgement.saw(format!("tracing mode of {} is Active", function.name)),
        }
    }
    // The streams were sent `Sampled=1`.
    let unsampled: Vec<_> = evidence.served().filter(|stream| stream.trace_id().is_none()).collect();
    let served = evidence.served().count();
    match unsampled[..] {
        [] if served == 0 => judgement.unknown("no stream was served"),
        [] => judgement.saw(format!("{served} streams, all of them sampled")),
        [first, ..] => {
            judgement.fail(format!("{} of {served} streams are not sampled, the first {first}", unsampled.len()));
        }
    }
    judgement.finding()
}

fn off(function: &FunctionConfig) -> Option<String> {
    if function.tracing_mode != "Active" {
        let mode = &function.tracing_mode;
        return Some(format!(
            "tracing mode of {} is {mode}: Lambda sends no segments, whatever the header says",
            function.name
        ));
    }
    let variable = |name| function.variable(name).map(str::to_ascii_lowercase);
    if let Some(name) = ["OTEL_SDK_DISABLED", "POWERTOOLS_TRACE_DISABLED"]
        .into_iter()
        .find(|name| variable(name).as_deref() == Some("true"))
    {
        return Some(format!("{name} is true"));
    }
    if variable("OTEL_TRACES_EXPORTER").as_deref() == Some("none") {
        return Some("OTEL_TRACES_EXPORTER is none".to_owned());
    }
    let telemetry = variable("SSE_TELEMETRY").filter(|kind| kind != "adot" && kind != "xray")?;
    Some(format!("SSE_TELEMETRY is {telemetry}: no span of the streaming phase reaches X-Ray"))
}
