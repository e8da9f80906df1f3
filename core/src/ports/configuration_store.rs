//! Looking up a user's configuration, in the handler phase.

use super::UserId;
use crate::item::Ticker;
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError};

/// The tickers of a configuration, and the call that found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The tickers, at most 100; none if the attribute is absent or empty.
    pub tickers: Vec<Ticker>,
}

/// The users table.
///
/// An adapter MUST make exactly one AWS call. It MUST return `None` for a configuration that is absent, inactive or
/// another user's, and an error if it could not find out.
#[async_trait]
pub trait ConfigurationStore: Send + Sync {
    /// The call that [`Self::get`] makes, as far as it is known in advance.
    fn target(&self) -> AwsCall;

    /// Looks up the active configuration `id` of `user`.
    ///
    /// # Errors
    /// It could not be found out whether there is one.
    async fn get(&self, user: &UserId, id: &str) -> Result<(Option<Configuration>, AwsCall), CallError>;
}
