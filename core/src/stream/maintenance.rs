//! The periodic work of a stream: metrics when they are due, and exports when they are due, never two of a kind at
//! once.

use super::ports::StreamPorts;
use crate::{
    metrics_aggregator::{Levels, MetricsAggregator},
    ports::{Delivery, DeliveryCounter, Page, Poller, Query},
    session::{BackgroundTasks, Maintenance},
    traced::{StreamRecord, TracedMetrics, TracedPoller},
};
use async_trait::async_trait;
use futures::FutureExt;
use lambda_trace::{AwsCall, CallError, Clock, Invocation, Streaming, Timestamp};
use std::sync::Arc;

/// The current levels of this process.
pub(super) fn levels(ports: &StreamPorts, now: Timestamp) -> Levels {
    Levels { connections: ports.pool.open().count(), data_age: ports.shared_reader.data_age(now, ports.started_at) }
}

/// Counts what the reader of one stream takes, for its record and for the process.
pub(super) struct StreamCounter {
    pub(super) record: Arc<StreamRecord>,
    pub(super) aggregator: Arc<MetricsAggregator>,
}

impl DeliveryCounter for StreamCounter {
    fn taken(&self, deliveries: &[Delivery]) {
        self.record.count_events(deliveries.len());
        self.aggregator.delivered(deliveries);
    }
}

pub(super) struct StreamMaintenance<'s> {
    pub(super) invocation: &'s Invocation<Streaming>,
    pub(super) record: &'s StreamRecord,
    pub(super) ports: &'s StreamPorts,
    pub(super) metrics: &'s TracedMetrics<'s>,
}

impl<'s> Maintenance<'s> for StreamMaintenance<'s> {
    fn connections(&self) -> usize {
        self.ports.pool.open().count()
    }

    fn polls_were_shared(&self, rounds: u64) {
        for _ in 0..rounds {
            self.record.count_shared_poll();
        }
    }

    fn run_due(&self, now: Timestamp, tasks: &mut BackgroundTasks<'s>) {
        let (ports, metrics) = (self.ports, self.metrics);
        let skipped = ports.shared_reader.take_skipped();
        if skipped > 0 {
            ports.aggregator.skipped(skipped);
        }
        let failed_rounds = ports.shared_reader.take_failed_rounds();
        if failed_rounds > 0 {
            ports.aggregator.polls_failed(failed_rounds);
        }
        if ports.aggregator.is_due(now) {
            tasks.puts.push(async move { ports.aggregator.put(now, levels(ports, now), metrics).await }.boxed());
        } else if let Some(export) = self.invocation.export_due(now) {
            tasks.exports.push(export.boxed());
        }
    }
}

/// Notes how long each Query call took, traced or not.
pub(super) struct MeteredPoller<'s> {
    inner: TracedPoller<'s>,
    clock: &'s dyn Clock,
    aggregator: &'s MetricsAggregator,
}

impl<'s> MeteredPoller<'s> {
    pub(super) fn new(inner: TracedPoller<'s>, ports: &'s StreamPorts) -> Self {
        Self { inner, clock: &*ports.clock, aggregator: &ports.aggregator }
    }
}

#[async_trait]
impl Poller for MeteredPoller<'_> {
    fn target(&self) -> AwsCall {
        self.inner.target()
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, CallError> {
        let began = self.clock.now();
        let answer = self.inner.page(query).await;
        self.aggregator.polled(self.clock.now().since(began));
        answer
    }
}
