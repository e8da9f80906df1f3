//! A store in memory: filled once from a file, else by a demo feed that goes on.

use crate::config::{Config, ConfigErrors, Store};
use futures::{FutureExt, future::BoxFuture};
use lambda_trace::Clock;
use sse_adapters::memory::{DemoFeed, MemoryTable, read_items};
use sse_core::{item::Item, ports::Random};
use std::{path::Path, sync::Arc, time::Duration};

/// The demo feed writes at a random moment within these bounds.
const DEMO_PAUSE: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(1_200)];
/// So many items are there when it begins, spread over the window.
const DEMO_BACKLOG_ITEMS: u64 = 2_000;

/// Reads the file; what is wrong with it is noted, line by line.
pub(super) fn read(path: &Path, config: &Config, clock: &dyn Clock, errors: &mut ConfigErrors) -> Vec<Item> {
    if config.store != Store::Memory {
        errors.note_by_name("--items", "is for a store in memory, and SSE_STORE is dynamodb");
        return Vec::new();
    }
    let file = std::fs::read(path).map_err(|error| error.to_string());
    let items = file.and_then(|file| read_items(&file, clock.now()).map_err(|bad| bad.to_string()));
    items.unwrap_or_else(|error| {
        errors.note_by_name("--items", format!("{}: {error}", path.display()));
        Vec::new()
    })
}

/// The table, and its feed if no items are given.
pub(super) fn table(
    items: Option<Vec<Item>>,
    window: Duration,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> (Arc<MemoryTable>, Option<BoxFuture<'static, ()>>) {
    let table = Arc::new(MemoryTable::new(clock.clone()));
    if let Some(items) = items {
        for item in items {
            table.put(item);
        }
        return (table, None);
    }
    let mut feed = DemoFeed::new(random.next_u64());
    let backlog = feed.backlog(clock.now(), window, DEMO_BACKLOG_ITEMS);
    for item in backlog {
        table.put(item);
    }
    let (target, clock, random) = (table.clone(), clock.clone(), random.clone());
    let drip = async move {
        loop {
            let pause = random.time_between(DEMO_PAUSE[0], DEMO_PAUSE[1]);
            clock.sleep_until(clock.now().plus(pause)).await;
            target.put(feed.next_item(clock.now()));
        }
    };
    (table, Some(drip.boxed()))
}
