use super::*;
use async_trait::async_trait;
use futures::executor::block_on;
use lambda_trace::{AwsCall, Failure};
use std::time::Duration;

#[derive(Default)]
struct Recorder {
    fails: Mutex<Option<Failure>>,
    batches: Mutex<Vec<Vec<Measurement>>>,
}

#[async_trait]
impl Metrics for Recorder {
    fn target(&self) -> Option<AwsCall> {
        None
    }
    async fn put(&self, batch: &[Measurement]) -> Result<AwsCall, CallError> {
        self.batches.lock().expect("not poisoned").push(batch.to_vec());
        let report = AwsCall::default();
        match *self.fails.lock().expect("not poisoned") {
            Some(failure) => Err(CallError { failure, error_type: "X".into(), detail: String::new(), report }),
            None => Ok(report),
        }
    }
}

fn levels(connections: usize) -> Levels {
    Levels { connections, data_age: Duration::from_secs(7) }
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn delivery(event_type: &'static str, is_change: bool) -> Delivery {
    Delivery { event_type, at: at(100), newest_item: Some(at(60)), is_change }
}

fn events_sent(batch: &[Measurement]) -> Option<&MetricValue> {
    batch.iter().find(|m| m.name == "EventsSent" && m.event_type.is_none()).map(|m| &m.reading)
}

#[test]
fn one_batch_an_interval_holds_everything() {
    let (aggregator, sink) = (MetricsAggregator::new(Arc::new(())), Recorder::default());
    assert!(!aggregator.is_due(at(0)), "nothing to report");
    aggregator.delivered(&[
        delivery("metrics", false),
        delivery("sentiment_update", true),
        delivery("sentiment_update", true),
    ]);
    aggregator.polled(Duration::from_millis(7));
    aggregator.skipped(2);
    aggregator.acquire_failed();
    assert!(aggregator.is_due(at(0)));
    block_on(aggregator.put(at(0), levels(4), &sink));
    let batch = sink.batches.lock().expect("not poisoned").remove(0);
    let names: Vec<_> = batch.iter().map(|m| (m.name, m.event_type)).collect();
    assert_eq!(
        names,
        [
            ("ConnectionCount", None),
            ("DataAgeMs", None),
            ("ConnectionAcquireFailures", None),
            ("EventsSent", None),
            ("EventsSent", Some("metrics")),
            ("EventsSent", Some("sentiment_update")),
            ("EventLatencyMs", None),
            ("PollDurationMs", None),
            ("ItemsSkipped", None),
        ]
    );
    assert_eq!(events_sent(&batch), Some(&MetricValue::Counter(3)));
    aggregator.delivered(&[delivery("metrics", true)]);
    assert!(!aggregator.is_due(at(9_999)) && aggregator.is_due(at(10_000)));
}

#[test]
fn a_batch_that_surely_did_not_arrive_goes_with_the_next() {
    let perhaps_taken = [Failure::TimedOut, Failure::Unreachable, Failure::Faulted, Failure::Unreadable];
    let surely_not = [Failure::Throttled, Failure::NotConnected, Failure::Denied, Failure::Refused];
    let cases = surely_not.map(|failure| (failure, 2)).into_iter().chain(perhaps_taken.map(|failure| (failure, 1)));
    for (failure, counted) in cases {
        let (aggregator, sink) = (MetricsAggregator::new(Arc::new(())), Recorder::default());
        *sink.fails.lock().expect("not poisoned") = Some(failure);
        aggregator.delivered(&[delivery("metrics", true)]);
        block_on(aggregator.put(at(0), levels(1), &sink));
        aggregator.delivered(&[delivery("metrics", true)]);
        block_on(aggregator.put(at(1), levels(1), &sink));
        assert_eq!(events_sent(&sink.batches.lock().expect("not poisoned")[1]), Some(&MetricValue::Counter(counted)));
    }
}
