//! What an operator should read: once a change, not once a call.

use lambda_trace::CallError;

/// MUST never block and never fail.
pub trait OperatorLog: Send + Sync {
    /// Rounds of reading begin to fail.
    fn polls_failing(&self, error: &CallError);
    /// A whole round succeeded again.
    fn polls_recovered(&self);
    /// Metrics begin to fail.
    fn metrics_failing(&self, error: &CallError);
    /// Metrics are taken again.
    fn metrics_recovered(&self);
}

/// Nobody reads.
impl OperatorLog for () {
    fn polls_failing(&self, _: &CallError) {}
    fn polls_recovered(&self) {}
    fn metrics_failing(&self, _: &CallError) {}
    fn metrics_recovered(&self) {}
}
