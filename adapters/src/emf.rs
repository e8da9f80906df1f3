//! Metrics as log lines in CloudWatch's Embedded Metric Format: without a call, and nothing to wait for.
//!
//! A line contains each name once, so every event type has a line of its own. Values and counts stand in two lists, the
//! form that AWS's own collector writes; a plain list of values would need one entry per occurrence.

use crate::cloudwatch::columns;
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError, Clock};
use lambda_trace_otlp::LineSink;
use serde_json::{Map, Value, json};
use sse_core::ports::{Histogram, Measurement, MetricValue, Metrics};
use std::{collections::BTreeMap, sync::Arc};

/// The format's maximum number of metrics in one line.
const METRICS_MAX: usize = 100;

/// Writes metrics as lines.
pub struct EmfMetrics {
    lines: Arc<dyn LineSink>,
    clock: Arc<dyn Clock>,
    namespace: String,
    environment: String,
}

impl EmfMetrics {
    /// Metrics of `namespace`, each with the dimension `Environment`, dated by `clock`.
    pub fn new(lines: Arc<dyn LineSink>, clock: Arc<dyn Clock>, namespace: &str, environment: &str) -> Self {
        Self { lines, clock, namespace: namespace.to_owned(), environment: environment.to_owned() }
    }

    fn line(&self, event_type: Option<&str>, measurements: &[&Measurement]) -> Value {
        let mut line = Map::new();
        let mut dimensions = vec!["Environment"];
        line.insert("timestamp".to_owned(), json!(self.clock.now().to_string()));
        line.insert("level".to_owned(), json!("INFO"));
        line.insert("Environment".to_owned(), json!(self.environment));
        if let Some(event_type) = event_type {
            dimensions.push("EventType");
            line.insert("EventType".to_owned(), json!(event_type));
        }
        let mut metrics = Vec::new();
        for measurement in measurements {
            let (unit, value) = match &measurement.reading {
                MetricValue::Counter(value) | MetricValue::Gauge(value) => ("Count", json!(value)),
                MetricValue::Histogram(values) => ("Milliseconds", distribution(values)),
            };
            metrics.push(json!({"Name": measurement.name, "Unit": unit}));
            line.insert(measurement.name.to_owned(), value);
        }
        let directive = json!([{"Namespace": self.namespace, "Dimensions": [dimensions], "Metrics": metrics}]);
        let about = json!({"Timestamp": self.clock.now().millis(), "CloudWatchMetrics": directive});
        line.insert("_aws".to_owned(), about);
        Value::Object(line)
    }
}

/// Whole numbers only: sums of milliseconds need no fraction.
fn distribution(distribution: &Histogram) -> Value {
    let (values, counts) = columns(distribution);
    let count: u64 = distribution.iter().map(|(_, count)| count).sum();
    let sum: u64 = distribution.iter().map(|(value, count)| value.saturating_mul(count)).sum();
    json!({
        "Values": values, "Counts": counts, "Count": count, "Sum": sum,
        "Min": values.first(), "Max": values.last(),
    })
}

#[async_trait]
impl Metrics for EmfMetrics {
    fn target(&self) -> Option<AwsCall> {
        None
    }

    async fn put(&self, batch: &[Measurement]) -> Result<AwsCall, CallError> {
        let mut by_type = BTreeMap::<_, Vec<_>>::new();
        for measurement in batch {
            let is_empty = matches!(&measurement.reading, MetricValue::Histogram(values) if values.is_empty());
            if !is_empty {
                by_type.entry(measurement.event_type).or_default().push(measurement);
            }
        }
        for (event_type, measurements) in by_type {
            for measurements in measurements.chunks(METRICS_MAX) {
                self.lines.line(&self.line(event_type, measurements).to_string());
            }
        }
        Ok(AwsCall::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_trace::ManualClock;
    use lambda_trace::Timestamp;
    use lambda_trace_otlp::MemoryLines;

    async fn put(batch: &[Measurement]) -> Vec<Value> {
        let lines = Arc::new(MemoryLines::default());
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_795_000_000_123)));
        let metrics = EmfMetrics::new(lines.clone(), clock, "SseStreaming", "staging");
        assert_eq!(metrics.put(batch).await, Ok(AwsCall::default()));
        lines.all().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    const fn measurement(name: &'static str, event_type: Option<&'static str>, reading: MetricValue) -> Measurement {
        Measurement { name, event_type, reading }
    }

    #[tokio::test]
    async fn every_event_type_has_its_line() {
        let mut millis = Histogram::default();
        for value in [5, 5, 80] {
            millis.add(value);
        }
        let lines = put(&[
            measurement("EventsSent", None, MetricValue::Counter(9)),
            measurement("EventsSent", Some("heartbeat"), MetricValue::Counter(2)),
            measurement("PollDurationMs", None, MetricValue::Histogram(millis)),
            measurement("EventLatencyMs", None, MetricValue::Histogram(Histogram::default())),
        ])
        .await;
        let about = |dimensions: Value, metrics: Value| {
            let directive = json!([{"Namespace": "SseStreaming", "Dimensions": [dimensions], "Metrics": metrics}]);
            json!({"Timestamp": 1_795_000_000_123_u64, "CloudWatchMetrics": directive})
        };
        let count = json!({"Name": "EventsSent", "Unit": "Count"});
        let duration = json!({"Name": "PollDurationMs", "Unit": "Milliseconds"});
        assert_eq!(
            lines,
            [
                json!({
                    "timestamp": "2026-11-18T11:06:40.123Z", "level": "INFO",
                    "_aws": about(json!(["Environment"]), json!([count, duration])),
                    "Environment": "staging", "EventsSent": 9,
                    "PollDurationMs": {
                        "Values": [5.0, 80.0], "Counts": [2.0, 1.0], "Count": 3, "Sum": 90, "Min": 5.0, "Max": 80.0
                    },
                }),
                json!({
                    "timestamp": "2026-11-18T11:06:40.123Z", "level": "INFO",
                    "_aws": about(json!(["Environment", "EventType"]), json!([count])),
                    "Environment": "staging", "EventType": "heartbeat", "EventsSent": 2,
                }),
            ]
        );
    }

    #[tokio::test]
    async fn nothing_to_say_is_no_line() {
        assert_eq!(put(&[]).await, [] as [Value; 0]);
        let nothing = measurement("EventLatencyMs", None, MetricValue::Histogram(Histogram::default()));
        assert_eq!(put(&[nothing]).await, [] as [Value; 0]);
    }
}
