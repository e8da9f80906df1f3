//! The requirements of each port, as checks that every adapter of it passes: in memory, with recorded responses, and on
//! a real server (feature `contract`). Knows the ports and no adapter. A check that fails panics and says what it
//! found.

mod clock;
mod configuration_store;
mod metrics;
mod poller;
mod pool;
mod random;
// Spans cannot be made from outside; no adapter of this port has a real server of its own.
#[cfg(test)]
mod telemetry;
mod token_verifier;

pub use clock::check_clock;
pub use configuration_store::{ConfigurationStoreUnderTest, check_configurations};
pub use metrics::{MetricsUnderTest, check_metrics};
pub use poller::{PollerUnderTest, check_poller};
pub use pool::check_pool;
pub use random::check_random;
pub use token_verifier::check_tokens;
