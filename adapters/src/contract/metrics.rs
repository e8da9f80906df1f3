//! `Metrics`: a whole batch, at most one call, and a report only where there was one.

use lambda_trace::AwsCall;
use sse_core::ports::{Histogram, Measurement, MetricValue, Metrics};

/// An adapter and how often it called.
pub trait MetricsUnderTest: Sync {
    /// The adapter.
    fn metrics(&self) -> &dyn Metrics;
    /// Calls so far.
    fn calls(&self) -> u64;
}

/// The whole suite.
///
/// # Panics
/// The adapter breaks the contract.
pub async fn check_metrics(under_test: &dyn MetricsUnderTest) {
    let metrics = under_test.metrics();
    let target = metrics.target();
    for batch in [batch(), batch()] {
        let before = under_test.calls();
        let report = match metrics.put(&batch).await {
            Ok(report) => report,
            Err(error) => panic!("{error}: {}", error.detail),
        };
        assert_eq!(
            under_test.calls() - before,
            u64::from(target.is_some()),
            "one batch, one call, where there are calls"
        );
        if let Some(target) = &target {
            assert_eq!(&AwsCall { request_id: None, ..report.clone() }, target);
            assert_eq!((report.operation, report.attempts), ("PutMetricData", 1));
        }
    }
}

fn batch() -> Vec<Measurement> {
    let mut millis = Histogram::default();
    for value in 0..5_000 {
        millis.add(value);
    }
    let measurement = |name, event_type, reading| Measurement { name, event_type, reading };
    vec![
        measurement("ConnectionCount", None, MetricValue::Gauge(3)),
        measurement("EventsSent", None, MetricValue::Counter(12)),
        measurement("EventsSent", Some("heartbeat"), MetricValue::Counter(5)),
        measurement("EventsSent", Some("metrics"), MetricValue::Counter(7)),
        measurement("EventLatencyMs", None, MetricValue::Histogram(millis)),
        measurement("PollDurationMs", None, MetricValue::Histogram(Histogram::default())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::fake::{Answer, FakeService},
        cloudwatch::CloudWatchMetrics,
        emf::EmfMetrics,
        memory::{MemoryMetrics, NoMetrics},
    };
    use lambda_trace::ManualClock;
    use lambda_trace_otlp::MemoryLines;
    use std::sync::Arc;

    impl MetricsUnderTest for NoMetrics {
        fn metrics(&self) -> &dyn Metrics {
            self
        }
        fn calls(&self) -> u64 {
            0
        }
    }

    impl MetricsUnderTest for MemoryMetrics {
        fn metrics(&self) -> &dyn Metrics {
            self
        }
        fn calls(&self) -> u64 {
            self.calls()
        }
    }

    impl MetricsUnderTest for EmfMetrics {
        fn metrics(&self) -> &dyn Metrics {
            self
        }
        fn calls(&self) -> u64 {
            0
        }
    }

    struct OverTheWire(FakeService, CloudWatchMetrics);
    impl MetricsUnderTest for OverTheWire {
        fn metrics(&self) -> &dyn Metrics {
            &self.1
        }
        fn calls(&self) -> u64 {
            self.0.sent().len() as u64
        }
    }

    #[tokio::test(start_paused = true)]
    async fn none_in_memory_as_lines_and_over_the_wire() {
        check_metrics(&NoMetrics).await;
        check_metrics(&MemoryMetrics::new(Arc::new(ManualClock::default()))).await;
        let clock = Arc::new(ManualClock::default());
        check_metrics(&EmfMetrics::new(Arc::new(MemoryLines::default()), clock, "SseStreaming", "test")).await;
        let empty_map = vec![0xa0];
        let (service, aws) = FakeService::new([Answer::Says(200, empty_map)]).await;
        let metrics = CloudWatchMetrics::new(&aws, "SseStreaming", "test");
        check_metrics(&OverTheWire(service, metrics)).await;
    }
}
