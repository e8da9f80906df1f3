//! Metrics by PutMetricData: one call per batch, with values and their counts instead of one call per event.
//!
//! The SDK's own retries are off, because PutMetricData adds up: a batch that was accepted, and whose response was
//! lost, would count twice. A batch that was certainly refused goes with the next one, which is the caller's business
//! ([`Metrics::put`]).

use crate::aws::{Attempts, Aws, failed, returned};
use async_trait::async_trait;
use aws_sdk_cloudwatch::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::{Dimension, MetricDatum, StandardUnit},
};
use lambda_trace::{AwsCall, CallError, Failure};
use sse_core::ports::{Histogram, Measurement, MetricValue, Metrics};

/// The service's maximum number of metrics in one call.
const METRICS_MAX: usize = 1_000;

/// `CloudWatch`, for one environment.
pub struct CloudWatchMetrics {
    client: Client,
    region: String,
    namespace: String,
    environment: String,
}

impl CloudWatchMetrics {
    /// Puts metrics into `namespace`, each with the dimension `Environment`.
    pub fn new(aws: &Aws, namespace: &str, environment: &str) -> Self {
        Self {
            client: Client::from_conf(Builder::from(aws.sdk()).retry_config(RetryConfig::disabled()).build()),
            region: aws.region().to_owned(),
            namespace: namespace.to_owned(),
            environment: environment.to_owned(),
        }
    }

    fn report(&self) -> AwsCall {
        AwsCall {
            service: "CloudWatch",
            operation: "PutMetricData",
            region: self.region.clone(),
            table: None,
            request_id: None,
            attempts: 1,
        }
    }

    /// `None` for a distribution without values, which the service rejects.
    fn datum(&self, measurement: &Measurement) -> Option<MetricDatum> {
        let event_type = measurement.event_type.map(|event_type| dimension("EventType", event_type));
        let dimensions = [dimension("Environment", &self.environment)].into_iter().chain(event_type);
        let datum = MetricDatum::builder().metric_name(measurement.name).set_dimensions(Some(dimensions.collect()));
        let datum = match &measurement.reading {
            MetricValue::Counter(value) | MetricValue::Gauge(value) => {
                datum.value(float(*value)).unit(StandardUnit::Count)
            }
            MetricValue::Histogram(values) if values.is_empty() => return None,
            MetricValue::Histogram(values) => {
                let (values, counts) = columns(values);
                datum.set_values(Some(values)).set_counts(Some(counts)).unit(StandardUnit::Milliseconds)
            }
        };
        Some(datum.build())
    }
}

fn dimension(name: &str, value: &str) -> Dimension {
    Dimension::builder().name(name).value(value).build()
}

/// Values and counts as two lists, as `CloudWatch` and EMF require them.
pub(crate) fn columns(distribution: &Histogram) -> (Vec<f64>, Vec<f64>) {
    distribution.iter().map(|(value, count)| (float(value), float(count))).unzip()
}

#[expect(clippy::cast_precision_loss, reason = "a metric needs no more than 53 bits")]
pub(crate) const fn float(value: u64) -> f64 {
    value as f64
}

#[async_trait]
impl Metrics for CloudWatchMetrics {
    fn target(&self) -> Option<AwsCall> {
        Some(self.report())
    }

    async fn put(&self, batch: &[Measurement]) -> Result<AwsCall, CallError> {
        let data: Vec<_> = batch.iter().filter_map(|measurement| self.datum(measurement)).collect();
        if data.is_empty() {
            return Ok(AwsCall { attempts: 0, ..self.report() });
        }
        if data.len() > METRICS_MAX {
            return Err(CallError {
                failure: Failure::Refused,
                error_type: "BatchTooLarge".into(),
                detail: format!("{} metrics in one batch, {METRICS_MAX} are the limit", data.len()),
                report: AwsCall { attempts: 0, ..self.report() },
            });
        }
        let attempts = Attempts::default();
        let call = self
            .client
            .put_metric_data()
            .namespace(&self.namespace)
            .set_metric_data(Some(data))
            .customize()
            .interceptor(attempts.clone());
        match call.send().await {
            Ok(answer) => Ok(returned(self.report(), &attempts, &answer)),
            Err(error) => Err(failed(self.report(), &attempts, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::fake::{Answer, FakeService, Sent};
    use serde_json::{Value, json};

    fn cbor(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    fn read(sent: &Sent) -> Value {
        ciborium::from_reader(sent.body.as_slice()).unwrap()
    }

    async fn put(answer: Answer, batch: &[Measurement]) -> (FakeService, Result<AwsCall, CallError>) {
        let (service, aws) = FakeService::new([answer]).await;
        let answer = CloudWatchMetrics::new(&aws, "SseStreaming", "staging").put(batch).await;
        (service, answer)
    }

    fn taken() -> Answer {
        Answer::Says(200, cbor(&json!({})))
    }

    fn millis(values: &[u64]) -> MetricValue {
        let mut distribution = Histogram::default();
        for value in values {
            distribution.add(*value);
        }
        MetricValue::Histogram(distribution)
    }

    const fn count(event_type: Option<&'static str>) -> Measurement {
        Measurement { name: "EventsSent", event_type, reading: MetricValue::Counter(7) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_one_call() {
        let batch = [
            count(None),
            count(Some("heartbeat")),
            Measurement { name: "ConnectionCount", event_type: None, reading: MetricValue::Gauge(3) },
            Measurement { name: "PollDurationMs", event_type: None, reading: millis(&[5, 5, 80]) },
            Measurement { name: "EventLatencyMs", event_type: None, reading: millis(&[]) },
        ];
        let (service, report) = put(taken(), &batch).await;
        let sent = service.sent();
        assert_eq!(sent.len(), 1);
        let environment = json!({"Name": "Environment", "Value": "staging"});
        let event_type = json!({"Name": "EventType", "Value": "heartbeat"});
        assert_eq!(
            read(&sent[0]),
            json!({"Namespace": "SseStreaming", "MetricData": [
                {"MetricName": "EventsSent", "Dimensions": [environment], "Value": 7.0, "Unit": "Count"},
                {"MetricName": "EventsSent", "Dimensions": [environment, event_type], "Value": 7.0, "Unit": "Count"},
                {"MetricName": "ConnectionCount", "Dimensions": [environment], "Value": 3.0, "Unit": "Count"},
                {"MetricName": "PollDurationMs", "Dimensions": [environment],
                    "Values": [5.0, 80.0], "Counts": [2.0, 1.0], "Unit": "Milliseconds"},
            ]})
        );
        let report = report.unwrap();
        assert_eq!((report.request_id.as_deref(), report.attempts), (Some("request-1"), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_to_say_is_no_call_and_too_much_is_refused() {
        let (service, report) = put(taken(), &[]).await;
        assert_eq!((service.sent().len(), report.unwrap().attempts), (0, 0));
        let (service, answer) = put(taken(), &vec![count(None); METRICS_MAX + 1]).await;
        assert_eq!((service.sent().len(), answer.unwrap_err().failure), (0, Failure::Refused));
        let (service, _) = put(taken(), &vec![count(None); METRICS_MAX]).await;
        let sent = service.sent();
        let is_packed = sent[0].headers.contains(&("content-encoding".to_owned(), "gzip".to_owned()));
        assert!(is_packed && sent[0].body.len() < 100_000, "a large batch travels compressed, below the limit of 1 MB");
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_is_reported_and_bounded() {
        let throttled = cbor(&json!({"__type": "com.amazonaws.cloudwatch#ThrottlingException", "message": "less"}));
        let (service, answer) = put(Answer::Says(400, throttled), &[count(None)]).await;
        let error = answer.unwrap_err();
        assert_eq!(service.sent().len(), 1);
        assert_eq!((error.failure, error.detail.as_str()), (Failure::Throttled, "less"));

        for perhaps_taken in [Answer::Says(500, cbor(&json!({}))), Answer::Breaks] {
            let (service, answer) = put(perhaps_taken, &[count(None)]).await;
            let error = answer.unwrap_err();
            assert!(error.failure.may_have_been_taken(), "{error:?}");
            assert_eq!(service.sent().len(), 1, "what may have been taken is not put again");
        }

        let began = tokio::time::Instant::now();
        let (_, answer) = put(Answer::Hangs, &[count(None)]).await;
        assert_eq!(answer.unwrap_err().failure, Failure::TimedOut);
        assert!(began.elapsed().as_millis() <= 3_050);
    }
}
