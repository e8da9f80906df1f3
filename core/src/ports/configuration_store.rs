//! Looking up a user's configuration, in the handler phase.

use super::UserId;
use crate::item::Ticker;
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError};

/// What a configuration says, and the call that found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// At most 100; absent or empty in the table: none.
    pub tickers: Vec<Ticker>,
}

/// The users table.
///
/// An adapter MUST make exactly one AWS call, and MUST say `None` for what is absent, inactive or another user's, but an
/// error for what it could not find out.
#[async_trait]
pub trait ConfigurationStore: Send + Sync {
    /// The call that [`Self::get`] makes, as far as it is known before.
    fn target(&self) -> AwsCall;

    /// The active configuration `id` of `user`.
    ///
    /// # Errors
    /// Whether there is one could not be found out.
    async fn get(&self, user: &UserId, id: &str) -> Result<(Option<Configuration>, AwsCall), CallError>;
}
