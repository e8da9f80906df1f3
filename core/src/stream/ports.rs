//! The ports and the shared parts of the streams of one process.

use crate::{
    metrics_aggregator::MetricsAggregator,
    ports::{ConnectionPool, Metrics, OperatorLog, Poller, Random, Untraced},
    shared_reader::SharedReader,
};
use lambda_trace::{Clock, Shutdown, Timestamp};
use std::sync::Arc;

/// The ports and the shared parts of the streams of one process. Cheap to clone.
#[derive(Clone)]
pub struct StreamPorts {
    /// The items.
    pub poller: Untraced<dyn Poller>,
    /// The connection slots.
    pub pool: Untraced<dyn ConnectionPool>,
    /// The metrics port.
    pub metrics: Untraced<dyn Metrics>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of jitter.
    pub random: Arc<dyn Random>,
    /// The reader that all streams share.
    pub shared_reader: Arc<SharedReader>,
    /// The metrics that are to be put.
    pub aggregator: Arc<MetricsAggregator>,
    /// Where the operator is told.
    pub operator_log: Arc<dyn OperatorLog>,
    /// The signal that the process is to stop.
    pub shutdown: Shutdown,
    /// When the process started.
    pub started_at: Timestamp,
}
