//! Where the metrics of a canary go.

use lambda_trace::Timestamp;
use sse_verify::report::Report;
use std::time::Duration;

/// Where the variables say nothing else.
const NAMESPACE: &str = "SseStreaming";
const ENVIRONMENT: &str = "local";

/// Namespace and dimension, as those of the service's own metrics.
pub(super) struct Target {
    namespace: String,
    environment: String,
}

impl Target {
    pub(super) fn new(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str, default: &str| environment(name).unwrap_or_else(|| default.to_owned());
        Self { namespace: set("SSE_METRICS_NAMESPACE", NAMESPACE), environment: set("ENVIRONMENT", ENVIRONMENT) }
    }

    /// The line of a run that ended then.
    pub(super) fn line(&self, report: &Report, ended: Timestamp) -> String {
        report.emf(&self.namespace, &self.environment, Duration::from_millis(ended.millis()))
    }
}
