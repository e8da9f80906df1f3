//! DynamoDB: the index of items, the users table, and what `feed` needs. The one module that knows attribute values
//! and expressions.

mod configuration_store;
#[cfg(any(test, feature = "contract"))]
mod cost;
mod item;
mod poller;
mod setup;
mod writer;

pub use configuration_store::DynamoConfigurationStore;
#[cfg(any(test, feature = "contract"))]
pub use cost::Cost;
pub use poller::DynamoPoller;
pub use setup::{SetupError, Tables};
pub use writer::{ItemWriter, Progress};

use crate::aws::{Aws, patience};
use aws_sdk_dynamodb::Client;

/// A client for work that no reader waits for: creating and filling tables. A local server's first calls are slow, and
/// an attempt that was given up may have been carried out.
fn patient(aws: &Aws) -> Client {
    let config = aws_sdk_dynamodb::config::Builder::from(aws.sdk()).timeout_config(patience());
    Client::from_conf(config.build())
}

/// Attribute names (contract: Items).
mod names {
    pub(super) const SOURCE_ID: &str = "source_id";
    pub(super) const UPDATED_AT: &str = "updated_at";
    pub(super) const SENTIMENT: &str = "sentiment";
    pub(super) const SCORE: &str = "score";
    pub(super) const TICKERS: &str = "matched_tickers";
    pub(super) const TTL: &str = "ttl_timestamp";
}
