//! Events as the Telemetry API writes them, schema 2022-12-13. It knows no subscriber.

use std::time::Duration;

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::{
    clock::Stamp,
    function::Function,
    runtime_api::{Outcome, Response},
    trace::TraceHeader,
};

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// What an event is about; subscribers choose by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What the environment does.
    Platform,
    /// A line that the function wrote.
    Function,
    /// A line that an extension wrote.
    Extension,
}

impl Kind {
    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::Platform, Self::Function, Self::Extension].into_iter().find(|kind| kind.name() == name)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }
}

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(super) kind: Kind,
    pub(super) json: Value,
}

/// An invocation that is over for its caller, as far as it is told.
#[derive(Clone, Debug)]
pub(crate) struct Invoked {
    request_id: String,
    status: &'static str,
    error: Option<String>,
    trace: Option<TraceHeader>,
    delivered: Option<Stamp>,
    answered: Option<Stamp>,
    ended: Option<Stamp>,
    bytes: usize,
    /// Of the init phase, in the first invocation of a process.
    init: Option<Duration>,
    /// The runtime will never ask for another event.
    pub(crate) has_ended_the_runtime: bool,
}

impl Invoked {
    pub(crate) fn of(response: &Response, init: Option<Duration>) -> Self {
        let (status, error) = match &response.outcome {
            Some(Outcome::TimedOut) => ("timeout", Some("Sandbox.Timedout")),
            Some(Outcome::Exited) => ("failure", Some("Runtime.ExitError")),
            Some(Outcome::Truncated) => ("failure", Some("Runtime.TruncatedResponse")),
            Some(Outcome::Error { kind, .. } | Outcome::ErrorTrailers { kind, .. }) => ("error", Some(kind.as_str())),
            _ => ("success", None),
        };
        Self {
            request_id: response.request_id.clone(),
            status,
            error: error.map(str::to_owned),
            trace: response.trace.clone(),
            delivered: response.delivered,
            answered: response.answered,
            ended: response.ended,
            bytes: response.chunks.iter().map(|chunk| chunk.bytes.len()).sum(),
            init,
            has_ended_the_runtime: matches!(response.outcome, Some(Outcome::TimedOut | Outcome::Exited)),
        }
    }

    /// What `platform.runtimeDone` and `platform.report` have in common.
    fn record(&self) -> Value {
        let mut record = json!({"requestId": self.request_id, "status": self.status});
        if let Some(error) = &self.error {
            record["errorType"] = error.as_str().into();
        }
        trace_into(&mut record, self.trace.as_ref());
        record
    }

    /// From the event's delivery until now: what is done behind the answer counts.
    fn worked(&self) -> Duration {
        self.delivered.map(|from| from.elapsed()).unwrap_or_default()
    }
}

impl Event {
    fn platform(name: &str, record: &Value) -> Self {
        Self::at(&Stamp::now(), Kind::Platform, &format!("platform.{name}"), record)
    }

    fn at(at: &Stamp, kind: Kind, name: &str, record: &Value) -> Self {
        Self { kind, json: json!({"time": time(at), "type": name, "record": record}) }
    }

    pub(crate) fn init_start(function: &Function) -> Self {
        let record = json!({
            "initializationType": initialization(function),
            "phase": "init",
            "functionName": function.name,
            "functionVersion": function.version,
        });
        Self::platform("initStart", &record)
    }

    pub(crate) fn init_runtime_done(function: &Function) -> Self {
        let record = json!({"initializationType": initialization(function), "phase": "init", "status": "success"});
        Self::platform("initRuntimeDone", &record)
    }

    pub(crate) fn init_report(function: &Function, duration: Duration) -> Self {
        let record = json!({
            "initializationType": initialization(function),
            "phase": "init",
            "status": "success",
            "metrics": {"durationMs": milliseconds(duration)},
        });
        Self::platform("initReport", &record)
    }

    pub(super) fn subscription(extension: &str, types: &[&'static str]) -> Self {
        Self::platform("telemetrySubscription", &json!({"name": extension, "state": "Subscribed", "types": types}))
    }

    pub(crate) fn extension(name: &str, events: &[String]) -> Self {
        Self::platform("extension", &json!({"name": name, "state": "Ready", "events": events}))
    }

    pub(crate) fn start(function: &Function, request_id: &str, trace: Option<&TraceHeader>) -> Self {
        let mut record = json!({"requestId": request_id, "version": function.version});
        trace_into(&mut record, trace);
        Self::platform("start", &record)
    }

    pub(crate) fn runtime_done(invoked: &Invoked) -> Self {
        let span = |name: &str, from: Option<Stamp>, to: Option<Stamp>| {
            let (from, to) = from.zip(to)?;
            Some(json!({"name": name, "start": time(&from), "durationMs": milliseconds(to.since(&from))}))
        };
        let spans = [
            span("responseLatency", invoked.delivered, invoked.answered),
            span("responseDuration", invoked.answered, invoked.ended),
            span("runtimeOverhead", invoked.ended, Some(Stamp::now())),
        ];
        let mut record = invoked.record();
        record["spans"] = spans.into_iter().flatten().collect();
        record["metrics"] = json!({"durationMs": milliseconds(invoked.worked()), "producedBytes": invoked.bytes});
        Self::platform("runtimeDone", &record)
    }

    /// `memory_mb`: the most that the function's process ever had.
    pub(crate) fn report(function: &Function, invoked: &Invoked, memory_mb: u64) -> Self {
        let worked = invoked.worked();
        let billed = (worked + invoked.init.unwrap_or_default()).as_micros().div_ceil(1_000);
        let mut record = invoked.record();
        record["metrics"] = json!({
            "durationMs": milliseconds(worked),
            "billedDurationMs": u64::try_from(billed).unwrap_or(u64::MAX),
            "memorySizeMB": function.memory_mb,
            "maxMemoryUsedMB": memory_mb,
        });
        if let Some(init) = invoked.init {
            record["metrics"]["initDurationMs"] = milliseconds(init);
        }
        Self::platform("report", &record)
    }

    /// A line of a process's output.
    pub(crate) fn line(at: &Stamp, kind: Kind, text: &str) -> Self {
        Self::at(at, kind, kind.name(), &json!(format!("{text}\n")))
    }

    /// Some that a subscriber did not take.
    pub(super) fn dropped(records: usize, bytes: usize) -> Self {
        let reason = "the subscriber's endpoint did not take them";
        let record = json!({"reason": reason, "droppedRecords": records, "droppedBytes": bytes});
        Self::platform("logsDropped", &record)
    }
}

fn initialization(function: &Function) -> &'static str {
    if function.is_managed() { "lambda-managed-instances" } else { "on-demand" }
}

/// Only what is sampled is told with its trace.
fn trace_into(record: &mut Value, trace: Option<&TraceHeader>) {
    if let Some(trace) = trace.filter(|trace| trace.sampled) {
        record["tracing"] = json!({"spanId": trace.parent, "type": "X-Amzn-Trace-Id", "value": trace.to_string()});
    }
}

/// With three decimals, as Lambda has it.
fn milliseconds(time: Duration) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a duration in microseconds, shown in milliseconds")]
    let milliseconds = time.as_micros() as f64 / 1e3;
    milliseconds.into()
}

fn time(at: &Stamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(at.unix_ns().into()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    // Formatting into a String with a fixed description cannot fail.
    at.format(TIME).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_decimals_and_kinds_their_names() {
        let event = Event::line(&Stamp::now(), Kind::Function, "x");
        assert_eq!((&event.json["type"], &event.json["record"]), (&json!("function"), &json!("x\n")));
        let time = event.json["time"].as_str().unwrap();
        assert_eq!((time.len(), &time[10..11], &time[19..20], &time[23..]), (24, "T", ".", "Z"), "{time}");
        assert_eq!(milliseconds(Duration::from_nanos(1_234_567)), json!(1.234));
        assert_eq!((Kind::of("extension"), Kind::of("x")), (Some(Kind::Extension), None));
    }
}
