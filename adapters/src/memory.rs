//! Every port in memory: for tests, simulations, and a service that runs with no cloud behind it.
//!
//! Nothing here reads a clock of its own or waits on a real timer: time is whatever the given `Clock` says.

mod configuration_store;
mod fault;
mod feed;
mod items_file;
mod metrics;
mod random;
mod table;
mod telemetry;
mod token_verifier;

pub use configuration_store::MemoryConfigurationStore;
pub use fault::Fault;
pub use feed::DemoFeed;
pub use items_file::{BadLine, BadLines, read_items};
pub use metrics::{MemoryMetrics, NoMetrics};
pub use random::SeededRandom;
pub use table::MemoryTable;
pub use telemetry::{KEPT_SPANS, MemoryTelemetry, Record, RecordPhase};
pub use token_verifier::MemoryTokenVerifier;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is locked here is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
