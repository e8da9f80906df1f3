//! Credentials: the environment's, as on Lambda; else the SDK's default chain, built only then.

use aws_config::{
    Region, default_provider::credentials::DefaultCredentialsChain,
    environment::EnvironmentVariableCredentialsProvider, provider_config::ProviderConfig,
};
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::OnceCell;

#[derive(Debug)]
pub(super) struct LazyChain {
    environment: EnvironmentVariableCredentialsProvider,
    http: SharedHttpClient,
    region: Region,
    rest: OnceCell<DefaultCredentialsChain>,
}

impl LazyChain {
    pub(super) fn new(http: SharedHttpClient, region: Region) -> Self {
        Self { environment: EnvironmentVariableCredentialsProvider::new(), http, region, rest: OnceCell::new() }
    }

    async fn credentials(&self) -> provider::Result {
        match self.environment.provide_credentials().await {
            Ok(found) => Ok(found),
            Err(provider::error::CredentialsError::CredentialsNotLoaded(_)) => {
                self.rest.get_or_init(|| self.chain()).await.provide_credentials().await
            }
            Err(error) => Err(error),
        }
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
