//! The chores of a stream: metrics when they are due, exports when they are due, never two of a kind at once.

use super::StreamPorts;
use crate::{
    metrics_book::MetricsBook,
    ports::{CallError, CallReport, Clock, Delivery, Page, Poller, Query},
    session::{House, SideWork},
    telemetry::{Invocation, Streaming},
    time::Timestamp,
    traced::{TracedMetrics, TracedPoller},
};
use async_trait::async_trait;
use futures::FutureExt;

pub(super) struct HouseOf<'s> {
    pub(super) invocation: &'s Invocation<Streaming>,
    pub(super) ports: &'s StreamPorts,
    pub(super) metrics: &'s TracedMetrics<'s>,
}

impl<'s> House<'s> for HouseOf<'s> {
    fn connections(&self) -> usize {
        self.ports.pool.open().count()
    }

    fn poll_was_shared(&self) {
        self.invocation.count_shared_poll();
    }

    fn delivered(&self, deliveries: &[Delivery]) {
        self.ports.book.delivered(deliveries);
    }

    fn chore(&self, now: Timestamp, side: &mut SideWork<'s>) {
        let (ports, metrics) = (self.ports, self.metrics);
        let skipped = ports.flight.take_skipped();
        if skipped > 0 {
            ports.book.skipped(skipped);
        }
        if ports.book.is_due(now) {
            side.puts.push(async move { ports.book.put(now, ports.pool.open().count(), metrics).await }.boxed());
        } else if ports.telemetry.is_export_due(now) {
            let telemetry = ports.telemetry.clone();
            side.exports.push(async move { telemetry.export(now).await }.boxed());
        }
    }
}

/// Notes how long each Query call took, traced or not.
pub(super) struct MeteredPoller<'s> {
    inner: TracedPoller<'s>,
    clock: &'s dyn Clock,
    book: &'s MetricsBook,
}

impl<'s> MeteredPoller<'s> {
    pub(super) fn new(inner: TracedPoller<'s>, ports: &'s StreamPorts) -> Self {
        Self { inner, clock: &*ports.clock, book: &ports.book }
    }
}

#[async_trait]
impl Poller for MeteredPoller<'_> {
    fn target(&self) -> CallReport {
        self.inner.target()
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, CallError> {
        let began = self.clock.now();
        let answer = self.inner.page(query).await;
        self.book.polled(self.clock.now().ms_since(began));
        answer
    }
}
