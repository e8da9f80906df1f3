//! The two log lines of the ledger, as JSON: one when a stream is settled, and one for each flush that settles some of
//! its spans later. Both carry `SpansNotDelivered` in CloudWatch's embedded metric format.

use super::{span_counts::SpanCounts, stream_id::StreamId};
use lambda_trace::{LedgerEntry, StreamEnd, Timestamp, whole_millis};
use serde::Serialize;

/// What one flush settled of a stream whose ledger line was written earlier.
pub(super) struct LateLine {
    of: StreamId,
    counts: SpanCounts,
}

/// The metric's namespace and dimension.
#[derive(Clone, Debug)]
pub(super) struct Emf {
    /// CloudWatch's namespace.
    pub(super) namespace: String,
    /// The value of the one dimension, `Environment`.
    pub(super) environment: String,
}

#[derive(Serialize)]
struct Ledger<'a> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    request_id: &'a str,
    trace_id: String,
    created: u64,
    delivered: u64,
    retained: u64,
    logged: u64,
    folded: u64,
    resent: u64,
    /// Created, and never recorded: a leak.
    #[serde(skip_serializing_if = "is_zero")]
    missing: u64,
    flush_ms: u64,
    flush_outcome: &'static str,
    #[serde(flatten)]
    metric: Metric<'a>,
}

#[derive(Serialize)]
struct Late<'a> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    request_id: &'a str,
    trace_id: String,
    delivered: u64,
    logged: u64,
    resent: u64,
    #[serde(flatten)]
    metric: Metric<'a>,
}

#[derive(Serialize)]
struct Metric<'a> {
    #[serde(rename = "_aws")]
    aws: Aws<'a>,
    #[serde(rename = "Environment")]
    environment: &'a str,
    #[serde(rename = "SpansNotDelivered")]
    spans_not_delivered: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Aws<'a> {
    timestamp: u64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [[&'static str; 1]; 1],
    metrics: [Definition; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

/// The line of a stream that is settled now.
pub(super) fn ledger_line(of: &StreamId, entry: &LedgerEntry, end: &StreamEnd, emf: &Emf, now: Timestamp) -> String {
    print(&Ledger {
        timestamp: now.to_string(),
        level: level(entry.logged + entry.missing()),
        message: "telemetry ledger",
        request_id: &of.request_id,
        trace_id: of.trace.to_string(),
        created: entry.created,
        delivered: entry.delivered,
        retained: entry.retained,
        logged: entry.logged,
        folded: entry.folded,
        resent: entry.resent,
        missing: entry.missing(),
        flush_ms: whole_millis(end.flush_time),
        flush_outcome: end.outcome.as_str(),
        metric: emf.metric(entry.logged, now),
    })
}

impl LateLine {
    pub(super) const fn new(of: StreamId, counts: SpanCounts) -> Self {
        Self { of, counts }
    }

    pub(super) fn line(&self, emf: &Emf, now: Timestamp) -> String {
        print(&Late {
            timestamp: now.to_string(),
            level: level(self.counts.logged),
            message: "telemetry ledger late",
            request_id: &self.of.request_id,
            trace_id: self.of.trace.to_string(),
            delivered: self.counts.delivered,
            logged: self.counts.logged,
            resent: self.counts.resent,
            metric: emf.metric(self.counts.logged, now),
        })
    }
}

impl Emf {
    fn metric(&self, spans_not_delivered: u64, now: Timestamp) -> Metric<'_> {
        Metric {
            aws: Aws {
                timestamp: now.millis(),
                cloud_watch_metrics: [Directive {
                    namespace: &self.namespace,
                    dimensions: [["Environment"]],
                    metrics: [Definition { name: "SpansNotDelivered", unit: "Count" }],
                }],
            },
            environment: &self.environment,
            spans_not_delivered,
        }
    }
}

/// Platforms filter lines by the level: an operator should see a loss.
const fn level(lost: u64) -> &'static str {
    if lost > 0 { "WARN" } else { "INFO" }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn print(line: &impl Serialize) -> String {
    // Strings, numbers and lists of them, so this cannot fail.
    serde_json::to_string(line).unwrap_or_default()
}
