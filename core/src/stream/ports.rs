//! What streams of one process work with.

use crate::{
    metrics_aggregator::MetricsAggregator,
    ports::{ConnectionPool, Metrics, OperatorLog, Poller, Random, Untraced},
    shared_reader::SharedReader,
};
use lambda_trace::{Clock, Shutdown, Timestamp};
use std::sync::Arc;

/// What streams of one process work with. Cheap to clone.
#[derive(Clone)]
pub struct StreamPorts {
    /// Items.
    pub poller: Untraced<dyn Poller>,
    /// Slots.
    pub pool: Untraced<dyn ConnectionPool>,
    /// Metrics.
    pub metrics: Untraced<dyn Metrics>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub random: Arc<dyn Random>,
    /// The reading that all streams share.
    pub shared_reader: Arc<SharedReader>,
    /// What is to be reported.
    pub aggregator: Arc<MetricsAggregator>,
    /// What an operator is told.
    pub operator_log: Arc<dyn OperatorLog>,
    /// The process is to stop.
    pub shutdown: Shutdown,
    /// When the process started.
    pub started_at: Timestamp,
}
