//! The two lines of the ledger, as JSON: one when a stream is settled, and one for each flush that settles something of
//! it later. Both carry `SpansNotDelivered` in CloudWatch's embedded metric format.

use super::buffer::SpanCounts;
use lambda_trace::{StreamClosed, Timestamp, TraceId};
use serde::Serialize;
use std::sync::Arc;

/// What is not the stream's own to say.
pub(super) struct LedgerEntry {
    pub(super) folded: u64,
    pub(super) retained: u64,
    pub(super) counts: SpanCounts,
}

/// What one flush settled of a stream whose ledger line was written before.
pub(super) struct LateLine {
    request_id: Arc<str>,
    trace: TraceId,
    counts: SpanCounts,
}

/// Where the metric goes.
#[derive(Clone, Debug)]
pub(super) struct Emf {
    /// CloudWatch's namespace.
    pub(super) namespace: String,
    /// The one dimension, `Environment`.
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
    /// Created, and never handed over: a leak.
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

impl LedgerEntry {
    pub(super) fn line(&self, stream: &StreamClosed, emf: &Emf, now: Timestamp) -> String {
        let SpanCounts { delivered, logged, resent } = self.counts;
        let settled = delivered + self.retained + logged + self.folded;
        let missing = stream.created.saturating_sub(settled);
        print(&Ledger {
            timestamp: now.to_string(),
            level: level(logged + missing),
            message: "telemetry ledger",
            request_id: &stream.request_id,
            trace_id: stream.parent.trace.to_string(),
            created: stream.created,
            delivered,
            retained: self.retained,
            logged,
            folded: self.folded,
            resent,
            missing,
            flush_ms: stream.flush_ms,
            flush_outcome: stream.outcome.as_str(),
            metric: emf.metric(logged, now),
        })
    }
}

impl LateLine {
    pub(super) const fn new(request_id: Arc<str>, trace: TraceId, counts: SpanCounts) -> Self {
        Self { request_id, trace, counts }
    }

    pub(super) fn line(&self, emf: &Emf, now: Timestamp) -> String {
        print(&Late {
            timestamp: now.to_string(),
            level: level(self.counts.logged),
            message: "telemetry ledger late",
            request_id: &self.request_id,
            trace_id: self.trace.to_string(),
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

/// Platforms filter lines by it: a loss is for an operator to see.
const fn level(lost: u64) -> &'static str {
    if lost > 0 { "WARN" } else { "INFO" }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn print(line: &impl Serialize) -> String {
    // Strings, numbers and lists of them: JSON can say all of it.
    serde_json::to_string(line).unwrap_or_default()
}
