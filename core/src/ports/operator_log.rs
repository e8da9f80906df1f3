//! What is reported to the operator: once per change, not once per call.

use super::TokenError;
use crate::item::ItemProblem;
use lambda_trace::CallError;
use std::collections::BTreeMap;

/// MUST never block and never fail.
pub trait OperatorLog: Send + Sync {
    /// Polling begins to fail.
    fn polls_failing(&self, error: &CallError);
    /// Polling works again: a whole round succeeded.
    fn polls_recovered(&self);
    /// The set of reasons why items are skipped has changed. For each reason, the number of items of the window that it
    /// concerns; empty if every item can be read again.
    fn items_skipped(&self, reasons: &BTreeMap<ItemProblem, usize>);
    /// Metrics begin to be refused.
    fn metrics_failing(&self, error: &CallError);
    /// Metrics are accepted again.
    fn metrics_recovered(&self);
    /// Lookups of configurations begin to fail.
    fn lookups_failing(&self, error: &CallError);
    /// A lookup succeeded again.
    fn lookups_recovered(&self);
    /// A request for a configuration stream was refused because of its token. This is reported for each request,
    /// because an operator looks for how often it occurs.
    fn token_refused(&self, request_id: &str, error: TokenError);
}

/// Discards everything.
impl OperatorLog for () {
    fn polls_failing(&self, _: &CallError) {}
    fn polls_recovered(&self) {}
    fn items_skipped(&self, _: &BTreeMap<ItemProblem, usize>) {}
    fn metrics_failing(&self, _: &CallError) {}
    fn metrics_recovered(&self) {}
    fn lookups_failing(&self, _: &CallError) {}
    fn lookups_recovered(&self) {}
    fn token_refused(&self, _: &str, _: TokenError) {}
}
