//! What all AWS service clients share: one HTTP client, one set of time limits, credentials, region, and how a call is
//! reported. Knows no service.

mod call;
mod credentials;
#[cfg(test)]
pub(crate) mod fake;
mod http;
pub(crate) mod sign;
pub(crate) mod tls;
mod trust;

pub(crate) use call::{Attempts, failed, returned};
pub use trust::{CaBundle, CaBundleError, TrustRoots};

use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    identity::IdentityCache,
    meta::region::RegionProviderChain,
    profile::ProfileFileRegionProvider,
    retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::service_config::ServiceConfigKey;
use credentials::LazyChain;
use http::LazyHttp;
use std::time::Duration;

/// A call is given up after this long, retries, connecting and credentials included (contract: Events).
pub const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// The limit of one attempt, short enough that a second one fits after it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_400);
/// The limit for opening a connection, without TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The limit for loading credentials: single sign-on, or a process of the user's, which may be slow. Calls have limits
/// of their own.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_mins(1);
/// The number of attempts of one call.
const ATTEMPTS_MAX: u32 = 3;
/// The maximum wait before the second attempt; it doubles, with jitter.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// No region was found in the places where the SDK looks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region: set AWS_REGION")]
pub struct NoRegion;

/// The shared configuration of all AWS service clients. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Aws {
    sdk: SdkConfig,
    region: String,
    roots: TrustRoots,
}

impl Aws {
    /// Reads what the SDK reads from the environment and the profile files. It opens no connection and loads no
    /// certificate: the first call does. `AWS_ENDPOINT_URL` and its relatives are honoured.
    ///
    /// # Errors
    /// [`NoRegion`]. The instance metadata service is not asked for a region, because that takes seconds where there is
    /// none.
    pub async fn load(roots: TrustRoots) -> Result<Self, NoRegion> {
        let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new());
        let region = chain.region().await.ok_or(NoRegion)?;
        let http = SharedHttpClient::new(LazyHttp::new(roots.clone()));
        let credentials = LazyChain::new(http.clone(), region.clone());
        let sdk = base().region(region.clone()).http_client(http).credentials_provider(credentials).load().await;
        Ok(Self { sdk, region: region.to_string(), roots })
    }

    /// For a server on this machine that accepts any credentials, and its time; the environment is not read.
    #[cfg(any(test, feature = "contract"))]
    pub async fn at(endpoint: &str) -> Self {
        let http = SharedHttpClient::new(LazyHttp::new(TrustRoots::Native));
        Self::for_tests(http, base().endpoint_url(endpoint).timeout_config(patience())).await
    }

    /// The same, trusting these certificate authorities.
    #[cfg(test)]
    pub(crate) fn believing(self, roots: TrustRoots) -> Self {
        Self { roots, ..self }
    }

    /// The same with these credentials.
    #[cfg(test)]
    pub(crate) fn with_credentials(self, provider: SharedCredentialsProvider) -> Self {
        Self { sdk: self.sdk.into_builder().credentials_provider(provider).build(), ..self }
    }

    #[cfg(any(test, feature = "contract"))]
    async fn for_tests(http: SharedHttpClient, base: aws_config::ConfigLoader) -> Self {
        let region = aws_config::Region::new("eu-central-1");
        let credentials = aws_credential_types::Credentials::new("id", "secret", None, None, "test");
        let loader = base.empty_test_environment().region(region.clone()).credentials_provider(credentials);
        Self { sdk: loader.http_client(http).load().await, region: region.to_string(), roots: TrustRoots::Native }
    }

    pub(crate) const fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Loads credentials for a caller that signs its own requests, from the places where the SDK looks for them.
    ///
    /// # Errors
    /// There are no credentials.
    pub async fn credentials(&self) -> provider::Result {
        let chain = self.sdk.credentials_provider();
        let chain = chain.ok_or_else(provider::error::CredentialsError::not_loaded_no_source)?;
        chain.provide_credentials().await
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// The certificate authorities that are trusted.
    pub(crate) const fn roots(&self) -> &TrustRoots {
        &self.roots
    }

    /// The endpoint of a service in the SDK's settings, if it is not AWS's own: the service's variable takes precedence
    /// over that of all services.
    pub(crate) fn endpoint_of(&self, service_id: &str) -> Option<String> {
        let key = ServiceConfigKey::builder().service_id(service_id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        let own = self.sdk.service_config().zip(key.build().ok()).and_then(|(config, key)| config.load_config(key));
        own.or_else(|| self.sdk.endpoint_url().map(ToOwned::to_owned))
    }

    /// Whether FIPS endpoints are required (`AWS_USE_FIPS_ENDPOINT`).
    pub(crate) fn uses_fips(&self) -> bool {
        self.sdk.use_fips().unwrap_or_default()
    }

    /// Whether dual-stack endpoints are required (`AWS_USE_DUALSTACK_ENDPOINT`).
    pub(crate) fn uses_dual_stack(&self) -> bool {
        self.sdk.use_dual_stack().unwrap_or_default()
    }

    /// Provides the credentials to sign with.
    pub(crate) fn credentials_provider(&self) -> SharedCredentialsProvider {
        let nobody = || SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
        self.sdk.credentials_provider().unwrap_or_else(nobody)
    }
}

/// The settings of every service. Protection against stalled bodies is not needed: no response is read after its call's
/// time limit.
fn base() -> aws_config::ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX).with_initial_backoff(FIRST_BACKOFF))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_timeout(CALL_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .connect_timeout(CONNECT_TIMEOUT)
                .build(),
        )
        .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS_TIMEOUT).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// Time limits for calls that no stream waits for.
pub(crate) fn patience() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_timeout(Duration::from_mins(1))
        .operation_attempt_timeout(Duration::from_secs(30))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aws::fake::FakeService, dynamodb::DynamoConfigurationStore};
    use aws_credential_types::{credential_fn::provide_credentials_fn, provider::error::CredentialsError};
    use lambda_trace::Failure;
    use sse_core::ports::{ConfigurationStore, UserId};

    #[tokio::test(start_paused = true)]
    async fn without_credentials_a_call_is_denied_and_not_sent() {
        let (service, aws) = FakeService::new([fake::Answer::Hangs]).await;
        let nobody = provide_credentials_fn(|| async { Err(CredentialsError::not_loaded("none here")) });
        let aws = aws.with_credentials(SharedCredentialsProvider::new(nobody));
        let user = UserId::new("u1").unwrap();
        let error = DynamoConfigurationStore::new(&aws, "users").get(&user, "c1").await.unwrap_err();
        assert_eq!((error.failure, &*error.error_type), (Failure::Denied, "NoCredentials"));
        assert!(error.detail.contains("none here") && service.sent().is_empty(), "{}", error.detail);
    }
}
