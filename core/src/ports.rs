//! The ports: what the domain needs from outside. One file per port, with the trait, its values, and what an adapter
//! MUST do.

mod configuration_store;
mod connection_pool;
mod delivery;
mod dispatcher;
mod metrics;
mod operator_log;
mod poller;
mod random;
mod token_verifier;
mod untraced;

pub use configuration_store::{Configuration, ConfigurationStore};
pub use connection_pool::ConnectionPool;
pub use delivery::{Delivery, DeliveryCounter};
pub use dispatcher::{Dispatcher, Last, Update};
pub use metrics::{Histogram, Measurement, MetricValue, Metrics};
pub use operator_log::OperatorLog;
pub use poller::{Dates, MalformedItem, Page, PageToken, Poller, Query, SeenItems};
pub use random::Random;
pub use token_verifier::{TokenError, TokenVerifier, UserId};
pub use untraced::Untraced;
