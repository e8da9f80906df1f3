//! What Lambda and CloudWatch say about the deployment.

use std::{collections::BTreeMap, time::Duration};

/// The variables that checks read. Nothing else of a function's environment is kept: it may hold secrets.
pub const VARIABLES_READ: [&str; 12] = [
    "AWS_LAMBDA_EXEC_WRAPPER",
    "ENVIRONMENT",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_TRACE_DISABLED",
    "SSE_METRICS_NAMESPACE",
    "SSE_STREAM_MAX_MS",
    "SSE_TELEMETRY",
];

/// The function, from `GetFunctionConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionConfig {
    /// Its name.
    pub name: String,
    /// Configured memory, in MB.
    pub memory_mb: u64,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// `Active` or `PassThrough`.
    pub tracing_mode: String,
    /// Those of [`VARIABLES_READ`] that are set, or why Lambda did not say them (a key that may not be used).
    pub variables: Result<BTreeMap<String, String>, String>,
    /// ARNs of its layers.
    pub layers: Vec<String>,
    /// Its log group.
    pub log_group: String,
    /// Whether it runs on Managed Instances.
    pub is_managed_instances: bool,
}

impl FunctionConfig {
    /// A variable, if it is known and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.as_ref().ok()?.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Who may call a Function URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthType {
    /// Anybody.
    None,
    /// Whoever signs and has the right.
    AwsIam,
}

/// How a Function URL answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvokeMode {
    /// At once, when the body is complete.
    Buffered,
    /// As the body comes.
    ResponseStream,
}

/// The Function URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlConfig {
    /// Who may call it.
    pub auth: AuthType,
    /// How it answers.
    pub invoke_mode: InvokeMode,
    /// The alias that it belongs to, if any.
    pub qualifier: Option<String>,
}

/// One statement of a resource policy that allows something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// The actions.
    pub actions: Vec<String>,
    /// Whether the principal is everybody.
    pub is_public: bool,
    /// The condition `lambda:FunctionUrlAuthType`.
    pub function_url_auth_type: Option<String>,
    /// The condition `lambda:InvokedViaFunctionUrl`.
    pub is_via_function_url: Option<bool>,
}

/// The function's resource policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What it allows.
    pub statements: Vec<Statement>,
}

/// A metric alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Namespace of its metric.
    pub namespace: String,
    /// Its metric.
    pub metric: String,
    /// Dimensions of its metric.
    pub dimensions: BTreeMap<String, String>,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// Whether somebody is told.
    pub has_actions: bool,
}
