//! Metrics that are kept in memory, and metrics that are discarded.

use super::{Fault, lock};
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError, Clock};
use sse_core::ports::{Measurement, Metrics};
use std::sync::{Arc, Mutex};

/// Metrics are off.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMetrics;

#[async_trait]
impl Metrics for NoMetrics {
    fn target(&self) -> Option<AwsCall> {
        None
    }

    async fn put(&self, _: &[Measurement]) -> Result<AwsCall, CallError> {
        Ok(AwsCall::default())
    }
}

/// Keeps every batch, and looks like `CloudWatch` in traces.
pub struct MemoryMetrics {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    batches: Vec<Vec<Measurement>>,
    fault: Option<Fault>,
    calls: u64,
}

impl MemoryMetrics {
    /// None yet; `clock` times slow answers.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// The batches that were accepted, in order.
    pub fn batches(&self) -> Vec<Vec<Measurement>> {
        lock(&self.state).batches.clone()
    }

    /// A fault for every call, until it is set again.
    pub fn set_fault(&self, fault: Option<Fault>) {
        lock(&self.state).fault = fault;
    }

    /// Calls so far, failed ones included.
    pub fn calls(&self) -> u64 {
        lock(&self.state).calls
    }
}

#[async_trait]
impl Metrics for MemoryMetrics {
    fn target(&self) -> Option<AwsCall> {
        Some(AwsCall {
            service: "CloudWatch",
            operation: "PutMetricData",
            region: "local".to_owned(),
            table: None,
            request_id: None,
            attempts: 1,
        })
    }

    async fn put(&self, batch: &[Measurement]) -> Result<AwsCall, CallError> {
        let (fault, call) = {
            let mut state = lock(&self.state);
            state.calls += 1;
            (state.fault, state.calls)
        };
        let report = AwsCall { request_id: Some(format!("memory-{call}")), ..self.target().unwrap_or_default() };
        if let Some(fault) = fault
            && let Some(error) = fault.strike(&*self.clock, &report).await
        {
            return Err(error);
        }
        lock(&self.state).batches.push(batch.to_vec());
        Ok(report)
    }
}
