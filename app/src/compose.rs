//! The only place that names concrete adapters: from a checked configuration to a service.

mod aws_context;
mod collector_log;
mod feeder;
mod items;
mod replayer;
mod span_policy;
mod spans;
mod telemetry;
mod tokens;
mod verifier;

pub use feeder::{FeedError, Feeder};
pub(crate) use replayer::to_xray;
pub use spans::SpanList;
pub(crate) use verifier::{ports, untraced};

use crate::{
    config::{Config, ConfigErrors, MetricsSink, Mode, Store, TelemetrySink},
    operator_log::TracingOperatorLog,
    service::{Service, Slots},
};
use aws_context::AwsContext;
use futures::{FutureExt, future::BoxFuture};
use lambda_trace::{Clock, Shutdown, TraceConfig};
use lambda_trace_otlp::{Stdout, XrayIds};
use sse_adapters::{
    cloudwatch::CloudWatchMetrics,
    dynamodb::{DynamoConfigurationStore, DynamoPoller},
    emf::EmfMetrics,
    memory::NoMetrics,
    pool::SlotPool,
    system::{SystemClock, SystemRandom},
};
use sse_core::{
    metrics_aggregator::MetricsAggregator,
    ports::{ConfigurationStore, ConnectionPool, Metrics, OperatorLog, Poller, Random, Untraced},
    shared_reader::SharedReader,
    stream::StreamPorts,
};
use std::{path::Path, sync::Arc, time::Duration};

/// What a front end needs.
pub struct Wiring {
    /// The service.
    pub service: Arc<Service>,
    /// Work beside all invocations: the demo feed. It never ends.
    pub background: Option<BoxFuture<'static, ()>>,
    /// Opens the connections that the first invocation would otherwise have to wait for.
    pub warm_up: Option<BoxFuture<'static, ()>>,
    /// The shortest useful time limit of an invocation: the margin before its deadline, and one poll interval.
    pub shortest_time_limit: Duration,
    /// The last spans, if they are kept in memory.
    pub spans: Option<SpanList>,
}

/// The wall clock, for commands that need nothing else.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Builds the service, or returns everything that is wrong: the problems found before, and those that adapters find in
/// their part. `items` is the file that fills a store in memory.
///
/// # Errors
/// All problems.
pub async fn compose(config: &Config, mut errors: ConfigErrors, items: Option<&Path>) -> Result<Wiring, ConfigErrors> {
    let clock = clock();
    let random: Option<Arc<dyn Random>> = match SystemRandom::new() {
        Ok(random) => Some(Arc::new(random)),
        Err(error) => {
            errors.note_by_name("the system's randomness", format!("cannot be read: {error}"));
            None
        }
    };
    let aws_context = AwsContext::load(config, &mut errors).await;
    let tokens = tokens::compose(config, clock.clone(), &mut errors);
    let telemetry = telemetry::compose(config, aws_context.aws(), clock.clone(), &mut errors);
    let items = items.map(|path| items::read(path, config, &*clock, &mut errors));
    let (Some(random), Some(telemetry), Some(tokens)) = (random, telemetry, tokens) else {
        return Err(errors);
    };
    errors.none_or(())?;

    let (poller, warm_up, background): (Arc<dyn Poller>, _, _) =
        if let (Store::DynamoDb { table, index }, Some(aws)) = (&config.store, aws_context.aws()) {
            let poller = Arc::new(DynamoPoller::new(aws, table, index));
            let warm = poller.clone();
            (poller, Some(async move { warm.warm_up().await }.boxed()), None)
        } else {
            let (table, feed) = items::table(items, config.read_plan.span, &clock, &random);
            (table, None, feed)
        };
    let metrics: Arc<dyn Metrics> = match (config.metrics, aws_context.aws()) {
        (MetricsSink::CloudWatch, Some(aws)) => {
            Arc::new(CloudWatchMetrics::new(aws, &config.metrics_namespace, &config.environment))
        }
        (MetricsSink::Emf, _) => {
            let (namespace, environment) = (&config.metrics_namespace, &config.environment);
            Arc::new(EmfMetrics::new(Arc::new(Stdout), clock.clone(), namespace, environment))
        }
        _ => Arc::new(NoMetrics),
    };
    let configurations = config.users_table.as_ref().zip(aws_context.aws()).map(|(table, aws)| {
        let configurations: Arc<dyn ConfigurationStore> = Arc::new(DynamoConfigurationStore::new(aws, table));
        Untraced::new(configurations)
    });
    let pool: Arc<dyn ConnectionPool> = Arc::new(SlotPool::new(config.max_connections));
    let operator_log: Arc<dyn OperatorLog> = Arc::new(TracingOperatorLog);
    let ports = StreamPorts {
        poller: Untraced::new(poller),
        pool: Untraced::new(pool.clone()),
        metrics: Untraced::new(metrics),
        clock: clock.clone(),
        random,
        shared_reader: Arc::new(SharedReader::new(config.read_plan, operator_log.clone())),
        aggregator: Arc::new(MetricsAggregator::new(operator_log.clone())),
        operator_log,
        shutdown: Shutdown::default(),
        started_at: clock.now(),
    };
    let ids = Arc::new(XrayIds);
    let mut tracing = TraceConfig::new(clock, ids, telemetry.telemetry, &config.service);
    if config.telemetry == TelemetrySink::Xray {
        tracing.trace_age_max = lambda_trace::OTLP_TRACE_AGE_MAX;
    }
    tracing.flush_timeout = config.flush_timeout;
    tracing.shutdown_flush = match config.front {
        // Its own limit: Lambda leaves little time.
        Mode::Lambda { .. } => tracing.shutdown_flush.min(tracing.flush_timeout),
        Mode::Local => tracing.flush_timeout,
    };
    tracing.shutdown = ports.shutdown.clone();
    let is_traced = config.telemetry != TelemetrySink::Off;
    let service = Service::new(ports, tracing, tokens, configurations, config.limits, Slots::of(pool), is_traced);
    let shortest_time_limit = config.limits.deadline_margin + config.read_plan.interval;
    Ok(Wiring { service: Arc::new(service), background, warm_up, shortest_time_limit, spans: telemetry.spans })
}

#[cfg(test)]
mod tests;
