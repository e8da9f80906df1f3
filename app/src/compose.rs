//! The only place that names concrete adapters: from a checked configuration to a service.

use crate::{
    config::{Config, Front, Problems},
    journal::LogJournal,
    service::{Service, Slots},
    stand_in::Off,
};
use futures::{FutureExt, future::BoxFuture};
use sse_adapters::{
    memory::{DemoFeed, MemoryTable, MemoryTokens, NoMetrics},
    pool::MemoryPool,
    system::{SystemClock, SystemRandom},
};
use sse_core::{
    flight::Flight,
    item::Item,
    metrics_book::MetricsBook,
    ports::{Clock, ConnectionPool, Journal, Random, Raw},
    shutdown::Shutdown,
    stream::StreamPorts,
    telemetry::Tracing,
};
use std::sync::Arc;

/// The flush of an invocation while Lambda stops the process, in milliseconds: of 300 in all.
const LAMBDA_SHUTDOWN_FLUSH_MS: u64 = 200;
/// The demo feed writes about this often, in milliseconds.
const DEMO_PAUSE_MS: (u64, u64) = (200, 1_200);
/// So many items are there when it begins.
const DEMO_BACKLOG_ITEMS: u64 = 2_000;

/// What a front end drives.
pub struct Composed {
    /// The service.
    pub service: Arc<Service>,
    /// What goes on beside all invocations: the demo feed. Never ends.
    pub background: Option<BoxFuture<'static, ()>>,
    /// Opens the connections that the first invocation would otherwise wait for.
    pub warm_up: Option<BoxFuture<'static, ()>>,
}

/// Builds everything, or says everything that is wrong.
///
/// # Errors
/// The problems found so far and those that adapters have with their part.
pub fn compose(config: &Config, mut problems: Problems, items: Option<Vec<Item>>) -> Result<Composed, Problems> {
    let random = SystemRandom::new();
    if let Err(error) = &random {
        problems.note_by_name("the system's randomness", format!("cannot be read: {error}"));
    }
    let random: Arc<dyn Random> = match random {
        Ok(random) if problems.is_empty() => Arc::new(random),
        _ => return Err(problems),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let journal: Arc<dyn Journal> = Arc::new(LogJournal);
    let telemetry = Arc::new(Off);
    let table = Arc::new(MemoryTable::new(clock.clone()));
    let background = fill(&table, items, config, &clock, &random);
    let pool: Arc<dyn ConnectionPool> = Arc::new(MemoryPool::new(config.max_connections));
    let shutdown_flush_ms = match config.front {
        Front::Lambda { .. } => LAMBDA_SHUTDOWN_FLUSH_MS.min(config.flush_timeout_ms),
        Front::Local => config.flush_timeout_ms,
    };
    let ports = StreamPorts {
        poller: Raw::new(table),
        pool: Raw::new(pool.clone()),
        metrics: Raw::new(Arc::new(NoMetrics)),
        telemetry: telemetry.clone(),
        clock: clock.clone(),
        random,
        flight: Arc::new(Flight::new(config.read_plan, journal.clone())),
        book: Arc::new(MetricsBook::new(journal)),
        shutdown: Shutdown::default(),
        started_at: clock.now(),
    };
    let tracing = Tracing {
        clock,
        sink: telemetry,
        service: config.service.as_str().into(),
        flush_timeout_ms: config.flush_timeout_ms,
        shutdown_flush_ms,
    };
    let service = Service::new(ports, tracing, Arc::new(MemoryTokens::default()), None, config.limits, Slots::of(pool));
    Ok(Composed { service: Arc::new(service), background, warm_up: None })
}

/// The given items once, or a feed that goes on.
fn fill(
    table: &Arc<MemoryTable>,
    items: Option<Vec<Item>>,
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Option<BoxFuture<'static, ()>> {
    if let Some(items) = items {
        items.into_iter().for_each(|item| table.put(item));
        return None;
    }
    let mut feed = DemoFeed::new(random.next_u64());
    let backlog = feed.backlog(clock.now(), config.read_plan.span_ms, DEMO_BACKLOG_ITEMS);
    backlog.into_iter().for_each(|item| table.put(item));
    let (table, clock, random) = (table.clone(), clock.clone(), random.clone());
    let drip = async move {
        loop {
            let pause_ms = random.between(DEMO_PAUSE_MS.0, DEMO_PAUSE_MS.1);
            clock.sleep_until(clock.now().plus_ms(pause_ms)).await;
            table.put(feed.next_item(clock.now()));
        }
    };
    Some(drip.boxed())
}
