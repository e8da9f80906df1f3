//! What the environment tells the function about itself: names, limits, the account.

use std::time::Duration;

/// The platform that a function runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Platform {
    /// Plain Lambda: frozen between invocations, its time limit enforced by ending the environment.
    #[default]
    OnDemand,
    /// Lambda Managed Instances: one environment takes many invocations at once, is never frozen, and outlives an
    /// invocation that passes its time limit: the caller is told, the worker's late answer gets 410, and until then the
    /// worker is taken. An invocation that meets no free worker is throttled.
    ManagedInstances,
}

/// The function as Lambda describes it to its runtime and extensions. Take the default and change what matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: String,
    /// `AWS_LAMBDA_FUNCTION_VERSION`.
    pub version: String,
    /// `_HANDLER`.
    pub handler: String,
    /// `AWS_REGION`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`. Told to the function, not enforced.
    pub memory_mb: u32,
    /// The deadline of an invocation that brings none of its own. Enforced.
    pub timeout: Duration,
    /// Invocations that one environment takes at once. More than one is told as `AWS_LAMBDA_MAX_CONCURRENCY`.
    pub concurrency: usize,
    /// The platform.
    pub platform: Platform,
}

impl Default for Function {
    fn default() -> Self {
        Self {
            name: "stream".to_owned(),
            version: "$LATEST".to_owned(),
            handler: "bootstrap".to_owned(),
            region: "eu-central-1".to_owned(),
            account: "123456789012".to_owned(),
            memory_mb: 512,
            timeout: Duration::from_secs(30),
            concurrency: 1,
            platform: Platform::OnDemand,
        }
    }
}

impl Function {
    /// Whether it runs on Managed Instances.
    pub(crate) fn is_managed(&self) -> bool {
        self.platform == Platform::ManagedInstances
    }

    /// `arn:aws:lambda:<region>:<account>:function:<name>`.
    pub fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, self.account, self.name)
    }
}
