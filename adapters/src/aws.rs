//! What every AWS service client here shares: one HTTP client, one set of time limits, credentials, region, and how a
//! call is reported. Knows no service.

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
/// One attempt of it: short enough that a second one fits behind it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_400);
/// Opening a connection, TLS not included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Loading credentials: single sign-on or a process of the user's, which may be slow. Calls have their own limits.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_mins(1);
/// Attempts of one call.
const ATTEMPTS_MAX: u32 = 3;
/// The wait before the second attempt, at most; it doubles, with jitter.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// No region was found where the SDK looks for one.
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
    /// Reads what the SDK reads from the environment and the profile files. Opens no connection and loads no
    /// certificate: the first call does. `AWS_ENDPOINT_URL` and its relatives hold as everywhere.
    ///
    /// # Errors
    /// [`NoRegion`]. The instance metadata service is not asked for one: where there is none, that costs seconds.
    pub async fn load(roots: TrustRoots) -> Result<Self, NoRegion> {
        let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new());
        let region = chain.region().await.ok_or(NoRegion)?;
        let http = SharedHttpClient::new(LazyHttp::new(roots.clone()));
        let credentials = LazyChain::new(http.clone(), region.clone());
        let sdk = base().region(region.clone()).http_client(http).credentials_provider(credentials).load().await;
        Ok(Self { sdk, region: region.to_string(), roots })
    }

    /// A server on this machine that takes any credentials, and its time; the environment counts for nothing.
    #[cfg(any(test, feature = "contract"))]
    pub async fn at(endpoint: &str) -> Self {
        let http = SharedHttpClient::new(LazyHttp::new(TrustRoots::Native));
        Self::for_tests(http, base().endpoint_url(endpoint).timeout_config(patience())).await
    }

    /// The same, believing these authorities.
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

    /// Credentials for a caller that signs its own requests, from where the SDK finds them.
    ///
    /// # Errors
    /// There are none.
    pub async fn credentials(&self) -> provider::Result {
        let chain = self.sdk.credentials_provider();
        let chain = chain.ok_or_else(provider::error::CredentialsError::not_loaded_no_source)?;
        chain.provide_credentials().await
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Which certificate authorities are believed.
    pub(crate) const fn roots(&self) -> &TrustRoots {
        &self.roots
    }

    /// Where the calls of a service go by the SDK's settings, if not to AWS: its own variable before that of all services.
    pub(crate) fn endpoint_of(&self, service_id: &str) -> Option<String> {
        let key = ServiceConfigKey::builder().service_id(service_id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        let own = self.sdk.service_config().zip(key.build().ok()).and_then(|(config, key)| config.load_config(key));
        own.or_else(|| self.sdk.endpoint_url().map(ToOwned::to_owned))
    }

    /// Whether endpoints with validated cryptography are asked for (`AWS_USE_FIPS_ENDPOINT`).
    pub(crate) fn uses_fips(&self) -> bool {
        self.sdk.use_fips().unwrap_or_default()
    }

    /// Whether endpoints of both IP versions are asked for (`AWS_USE_DUALSTACK_ENDPOINT`).
    pub(crate) fn uses_dual_stack(&self) -> bool {
        self.sdk.use_dual_stack().unwrap_or_default()
    }

    /// Says the credentials to sign with.
    pub(crate) fn credentials_provider(&self) -> SharedCredentialsProvider {
        let nobody = || SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
        self.sdk.credentials_provider().unwrap_or_else(nobody)
    }
}

/// What holds for every service. A body that stalls needs no protection of its own: no answer here is read after its
/// call's time limit.
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

/// Time limits for what no stream waits for.
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
