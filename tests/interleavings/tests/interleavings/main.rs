//! What invocations of one process share, used by several threads at once. Shuttle runs each test many times on one real thread; at
//! each lock and each atomic it decides which of the test's threads goes on. A test fails if an assertion does, or if nobody can go
//! on any more, which is what a lost wakeup looks like. Shuttle prints the schedule that failed; `SHUTTLE_RANDOM_SEED` repeats a run.

mod collector;
mod outbox;
mod reading;
mod slots;
mod spans;
mod streams;

use shuttle::{
    Config, Runner,
    scheduler::{DfsScheduler, PctScheduler, RandomScheduler},
};
use std::sync::Arc;

/// Serializing a request takes more stack than shuttle gives by itself.
const STACK_BYTES: usize = 512 * 1_024;
/// Most faults of this kind need no more than so many changes of thread at an unlucky moment.
const PCT_DEPTH: usize = 3;

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    // Ours order nothing but themselves: what they stand for is under a lock.
    config.silence_warnings = true;
    config
}

/// Each order that there is. For what is small.
fn each(test: impl Fn() + Send + Sync + 'static) {
    let orders = Runner::new(DfsScheduler::new(None, false), config()).run(test);
    println!("{orders} orders, which are all");
}

/// As many orders by chance, and again as many in which threads change seldom, but anywhere.
fn many(orders: usize, test: impl Fn() + Send + Sync + 'static) {
    let test = Arc::new(test);
    let again = test.clone();
    Runner::new(RandomScheduler::new(orders), config()).run(move || test());
    Runner::new(PctScheduler::new(PCT_DEPTH, orders), config()).run(move || again());
}

/// Lets others go on, up to so many times; how often is chance.
async fn a_while(most: u64) {
    for _ in 0..chance(most) {
        shuttle::future::yield_now().await;
    }
}

/// One of `0..of`.
fn chance(of: u64) -> u64 {
    use shuttle::rand::RngCore;
    shuttle::rand::thread_rng().next_u64() % of
}
