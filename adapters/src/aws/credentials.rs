//! Credentials: those of the environment, as on Lambda, or else the SDK's default chain, which is built only then.
//!
//! A profile's credential process may take longer than a call may. A load that one call began goes on without it, and
//! serves the next.

use aws_config::{
    Region, default_provider::credentials::DefaultCredentialsChain,
    environment::EnvironmentVariableCredentialsProvider, provider_config::ProviderConfig,
};
use aws_credential_types::provider::{self, ProvideCredentials, error::CredentialsError, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::sync::Arc;
use tokio::{
    sync::{Mutex, OnceCell},
    task::JoinHandle,
};

#[derive(Debug)]
pub(super) struct LazyChain {
    environment: EnvironmentVariableCredentialsProvider,
    behind: Arc<Behind>,
    loading: Mutex<Option<JoinHandle<provider::Result>>>,
}

/// Where credentials come from if the environment has none.
#[derive(Debug)]
struct Behind {
    http: SharedHttpClient,
    region: Region,
    chain: OnceCell<DefaultCredentialsChain>,
}

impl LazyChain {
    pub(super) fn new(http: SharedHttpClient, region: Region) -> Self {
        let behind = Arc::new(Behind { http, region, chain: OnceCell::new() });
        Self { environment: EnvironmentVariableCredentialsProvider::new(), behind, loading: Mutex::default() }
    }

    async fn credentials(&self) -> provider::Result {
        match self.environment.provide_credentials().await {
            Ok(found) => Ok(found),
            Err(CredentialsError::CredentialsNotLoaded(_)) => {
                let behind = self.behind.clone();
                shared(&self.loading, async move { behind.credentials().await }).await
            }
            Err(error) => Err(error),
        }
    }
}

/// Joins a load that an earlier call began, or begins one. Cancel-safe.
async fn shared(
    loading: &Mutex<Option<JoinHandle<provider::Result>>>,
    load: impl Future<Output = provider::Result> + Send + 'static,
) -> provider::Result {
    let mut loading = loading.lock().await;
    let outcome = loading.get_or_insert_with(|| tokio::spawn(load)).await;
    *loading = None;
    outcome.unwrap_or_else(|error| Err(CredentialsError::provider_error(error)))
}

impl Behind {
    async fn credentials(&self) -> provider::Result {
        self.chain.get_or_init(|| self.chain()).await.provide_credentials().await
    }

    async fn chain(&self) -> DefaultCredentialsChain {
        let config =
            ProviderConfig::without_region().with_region(Some(self.region.clone())).with_http_client(self.http.clone());
        DefaultCredentialsChain::builder().configure(config).region(self.region.clone()).build().await
    }
}

impl ProvideCredentials for LazyChain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;
    use std::time::Duration;
    use tokio::time::{sleep, timeout};

    #[tokio::test(start_paused = true)]
    async fn what_a_call_began_to_load_serves_the_next_one() {
        let loading = Mutex::default();
        let load = |id: &'static str| async move {
            sleep(Duration::from_secs(4)).await;
            Ok(Credentials::new(id, "secret", None, None, "test"))
        };
        let call = async |id| timeout(Duration::from_secs(3), shared(&loading, load(id))).await;
        assert!(call("first").await.is_err(), "no call waits for so long");
        assert_eq!(call("second").await.unwrap().unwrap().access_key_id(), "first");
        assert!(call("third").await.is_err(), "what was taken is loaded anew");
    }
}
