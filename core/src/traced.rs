//! One decorator per port, for one invocation. It is built from `&Invocation<_>`, so a traced call cannot outlive its
//! invocation, and an AWS call without a span does not compile.

mod configuration_store;
mod connection_pool;
mod dispatcher;
mod metrics;
mod poller;
mod stream;

pub use configuration_store::TracedConfigurationStore;
pub use connection_pool::{Permit, Slot, acquire};
pub use dispatcher::TracedDispatcher;
pub use metrics::TracedMetrics;
pub use poller::TracedPoller;
pub use stream::{StreamRecord, into_streaming};
