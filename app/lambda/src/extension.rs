//! Registers the function itself as an internal extension, which wants no events. Lambda sends SIGTERM only where an extension is
//! registered; a function that is alone would be killed without a word, and with it whatever telemetry it holds.

use crate::{
    connection::{ConnectionError, Http1Connection},
    runtime_api::RuntimeApi,
};
use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use lambda_trace::Clock;
use std::{path::Path, time::Duration};

/// Where Lambda looks for external extensions.
const EXTERNAL: &str = "/opt/extensions";
/// Before a connection that was lost is opened again.
const PAUSE: Duration = Duration::from_secs(1);

/// Why there will be no SIGTERM.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("the answer brought no identifier")]
    NoIdentifier,
    #[error("there was no answer in time")]
    Timeout,
}

/// A registered extension.
pub(crate) struct Extension {
    connection: Http1Connection<Full<Bytes>>,
    identifier: HeaderValue,
}

/// Whether an external extension is there, which registers itself: then SIGTERM comes anyway.
pub(crate) fn is_beside_another() -> bool {
    std::fs::read_dir(Path::new(EXTERNAL)).is_ok_and(|mut files| files.next().is_some())
}

impl Extension {
    /// Has to be over before the first `next` of a worker: registration ends with the init phase.
    pub(crate) async fn register(api: &RuntimeApi) -> Result<Self, RegisterError> {
        let mut connection = Http1Connection::open(api.authority()).await?;
        let answer = connection.exchange(api.register_request()).await?;
        if !answer.status().is_success() {
            return Err(ConnectionError::Refused(answer.status()).into());
        }
        let identifier = answer.headers().get(RuntimeApi::EXTENSION_IDENTIFIER).cloned();
        Ok(Self { connection, identifier: identifier.ok_or(RegisterError::NoIdentifier)? })
    }

    /// Waits for an event that never comes: an extension that does not wait keeps the environment from being idle.
    pub(crate) async fn wait(self, api: &RuntimeApi, clock: &dyn Clock) {
        let Self { mut connection, identifier } = self;
        loop {
            // Whatever the answer is, there is nothing to do but to wait again.
            drop(connection.exchange(api.extension_next_request(&identifier)).await);
            connection = loop {
                clock.sleep_until(clock.now().plus(PAUSE)).await;
                if let Ok(opened) = Http1Connection::open(api.authority()).await {
                    break opened;
                }
            };
        }
    }
}
