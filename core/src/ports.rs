//! The ports: what the domain asks of the world. One file a port: the trait, its values, and what an adapter MUST do.
//! No vendor type appears here.

mod call;
mod clock;
mod configurations;
mod connection_pool;
mod dispatcher;
mod journal;
mod metrics;
mod poller;
mod random;
mod raw;
mod telemetry;
mod tokens;

pub use call::{CallError, CallReport, Failure};
pub use clock::Clock;
pub use configurations::{Configuration, Configurations};
pub use connection_pool::ConnectionPool;
pub use dispatcher::{Delivery, Dispatcher, Last, Update};
pub use journal::Journal;
pub use metrics::{Distribution, Measurement, Metrics, Reading};
pub use poller::{Known, Page, PageToken, Poller, Query, Skipped};
pub use random::Random;
pub use raw::Raw;
pub use telemetry::{FlushOutcome, StreamClosed, StreamOpened, Telemetry};
pub use tokens::{TokenError, Tokens, UserId};
