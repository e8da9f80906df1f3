//! One decorator a port, for one invocation. Built from `&Invocation<_>`, so that a traced call
//! cannot outlive its invocation, and an AWS call without its span does not compile.

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
