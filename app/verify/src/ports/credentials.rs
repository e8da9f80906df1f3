//! Credentials as a port: from the environment, or from whatever else the caller of this crate knows.

use async_trait::async_trait;
use aws_credential_types::Credentials;

/// Why there are none, in words for the reader of a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no credentials: {0}")]
pub struct NoCredentials(pub String);

/// MUST return fresh credentials each time, because a run may last longer than those of a role are valid.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// Credentials to sign one request with.
    ///
    /// # Errors
    /// There are none.
    async fn credentials(&self) -> Result<Credentials, NoCredentials>;
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; without them what comes behind.
pub struct EnvironmentCredentials {
    own: Option<Credentials>,
    behind: Option<Box<dyn CredentialSource>>,
}

impl std::fmt::Debug for EnvironmentCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnvironmentCredentials")
    }
}

impl EnvironmentCredentials {
    /// Reads the environment now. `behind` is asked where it holds no credentials: single sign-on, a process, a role.
    pub fn new(environment: &dyn Fn(&str) -> Option<String>, behind: Option<Box<dyn CredentialSource>>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let keys = set("AWS_ACCESS_KEY_ID").zip(set("AWS_SECRET_ACCESS_KEY"));
        let own = keys.map(|(id, secret)| Credentials::new(id, secret, set("AWS_SESSION_TOKEN"), None, "environment"));
        Self { own, behind }
    }
}

#[async_trait]
impl CredentialSource for EnvironmentCredentials {
    async fn credentials(&self) -> Result<Credentials, NoCredentials> {
        match (&self.own, &self.behind) {
            (Some(credentials), _) => Ok(credentials.clone()),
            (None, Some(behind)) => behind.credentials().await,
            (None, None) => Err(NoCredentials("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set".to_owned())),
        }
    }
}
