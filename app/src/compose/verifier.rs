//! What `verify` needs from outside: the system's clock and randomness, HTTPS, and credentials, the environment's first.

use async_trait::async_trait;
use aws_credential_types::Credentials;
use lambda_trace::{Clock, Off, Phases, TraceConfig, with_causes};
use lambda_trace_otlp::XrayIds;
use sse_adapters::{
    aws::{Aws, TrustRoots},
    system::{SystemClock, SystemRandom},
};
use sse_core::ports::Random;
use sse_verify::{
    Https,
    ports::{CredentialSource, EnvironmentCredentials, NoCredentials, Ports, Progress},
};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Single sign-on, a process, a role: the SDK's chain, built when it is first needed.
#[derive(Default)]
struct SdkChain(OnceCell<Aws>);

#[async_trait]
impl CredentialSource for SdkChain {
    async fn credentials(&self) -> Result<Credentials, NoCredentials> {
        let aws = self.0.get_or_try_init(|| Aws::load(TrustRoots::Native)).await;
        let aws = aws.map_err(|error| NoCredentials(error.to_string()))?;
        aws.credentials().await.map_err(|error| NoCredentials(with_causes(&error)))
    }
}

/// `progress` is told how the run goes, with the clock that everything else goes by.
///
/// # Errors
/// The system has no randomness.
pub(crate) fn ports<P: Progress + 'static>(
    environment: &dyn Fn(&str) -> Option<String>,
    progress: impl FnOnce(Arc<dyn Clock>) -> P,
) -> Result<Ports, String> {
    let random = SystemRandom::new().map_err(|error| format!("the system's randomness cannot be read: {error}"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(Ports {
        http: Arc::new(Https::default()),
        credentials: Arc::new(EnvironmentCredentials::new(environment, Some(Box::<SdkChain>::default()))),
        random: Arc::new(move || (u128::from(random.next_u64()) << 64) | u128::from(random.next_u64())),
        progress: Arc::new(progress(clock.clone())),
        clock,
    })
}

/// A canary's own invocations are traced nowhere.
pub(crate) fn untraced(clock: Arc<dyn Clock>) -> TraceConfig {
    TraceConfig::new(clock, Arc::new(XrayIds), Arc::new(Phases::both(Arc::new(Off))), "verify")
}
