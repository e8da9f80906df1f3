//! Registers the function itself as an internal extension without events. Lambda sends SIGTERM only if an extension is
//! registered; without one the process would be killed without a signal, and the telemetry that it holds would be lost.

use crate::{
    connection::{ConnectionError, Http1Connection},
    runtime_api::RuntimeApi,
};
use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use lambda_trace::Clock;
use std::{path::Path, time::Duration};

/// The folder where Lambda looks for external extensions.
const EXTERNAL: &str = "/opt/extensions";
/// The wait before a lost connection is opened again.
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

/// Whether there is an external extension, which registers itself: SIGTERM is sent then anyway.
pub(crate) fn is_beside_another() -> bool {
    std::fs::read_dir(Path::new(EXTERNAL)).is_ok_and(|mut files| files.next().is_some())
}

impl Extension {
    /// Has to be complete before the first `next` of a worker: registration ends with the init phase.
    pub(crate) async fn register(api: &RuntimeApi) -> Result<Self, RegisterError> {
        let mut connection = Http1Connection::open(api.authority()).await?;
        let answer = connection.exchange(api.register_request()).await?;
        if !answer.status().is_success() {
            return Err(ConnectionError::Refused(answer.status()).into());
        }
        let identifier = answer.headers().get(RuntimeApi::EXTENSION_IDENTIFIER).cloned();
        Ok(Self { connection, identifier: identifier.ok_or(RegisterError::NoIdentifier)? })
    }

    /// Waits for an event that never comes, because the environment does not become idle while an extension is not
    /// waiting.
    pub(crate) async fn wait(self, api: &RuntimeApi, clock: &dyn Clock) {
        let Self { mut connection, identifier } = self;
        loop {
            // Whatever the response is, the only thing to do is to wait again.
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
