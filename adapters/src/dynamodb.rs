//! DynamoDB: the index of items, the users table, and what `feed` needs. The one module that knows attribute values
//! and expressions.

mod configurations;
mod item;
mod poller;
mod setup;
mod writer;

pub use configurations::DynamoConfigurations;
pub use poller::DynamoPoller;
pub use setup::{SetupError, Tables};
pub use writer::{ItemWriter, Progress};

/// Attribute names (contract: Items).
mod names {
    pub(super) const SOURCE_ID: &str = "source_id";
    pub(super) const UPDATED_AT: &str = "updated_at";
    pub(super) const SENTIMENT: &str = "sentiment";
    pub(super) const SCORE: &str = "score";
    pub(super) const TICKERS: &str = "matched_tickers";
    pub(super) const TTL: &str = "ttl_timestamp";
}
