//! `cloudwatch_put_metric`: one CLIENT span per PutMetricData call; none if the metrics are reported without a call.

use crate::{
    names,
    ports::{Measurement, Metrics, Untraced},
};
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError, Invocation, SpanKind, Streaming};
use std::sync::Arc;

/// The metrics of one streaming invocation.
pub struct TracedMetrics<'i> {
    invocation: &'i Invocation<Streaming>,
    inner: Arc<dyn Metrics>,
}

impl<'i> TracedMetrics<'i> {
    /// Opens the port for this invocation.
    pub fn new(invocation: &'i Invocation<Streaming>, raw: &Untraced<dyn Metrics>) -> Self {
        Self { invocation, inner: raw.open().clone() }
    }
}

#[async_trait]
impl Metrics for TracedMetrics<'_> {
    fn target(&self) -> Option<AwsCall> {
        self.inner.target()
    }

    async fn put(&self, batch: &[Measurement]) -> Result<AwsCall, CallError> {
        let Some(target) = self.inner.target() else {
            return self.inner.put(batch).await;
        };
        let mut span = self.invocation.span(names::PUT_METRIC, SpanKind::Client);
        span.set("metric_count", batch.len());
        span.calling(&target);
        let answer = self.inner.put(batch).await;
        match &answer {
            Ok(report) => span.returned(report),
            Err(error) => span.failed(error),
        }
        answer
    }
}
