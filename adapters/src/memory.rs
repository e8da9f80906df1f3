//! Every port in memory: for tests, simulations, and a service without a cloud.
//!
//! Nothing here reads a clock of its own or waits for a real timer: the time is that of the given `Clock`.

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

/// The data below this lock is consistent after every statement, so a panic of another thread does not corrupt it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
