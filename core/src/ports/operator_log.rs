//! What an operator should read: once a change, not once a call.

use super::TokenError;
use crate::item::ItemProblem;
use lambda_trace::CallError;
use std::collections::BTreeMap;

/// MUST never block and never fail.
pub trait OperatorLog: Send + Sync {
    /// Rounds of reading begin to fail.
    fn polls_failing(&self, error: &CallError);
    /// A whole round succeeded again.
    fn polls_recovered(&self);
    /// The set of reasons why items are skipped has changed: for each reason, how many items of the window it concerns. Empty:
    /// every item can be read again.
    fn items_skipped(&self, reasons: &BTreeMap<ItemProblem, usize>);
    /// Metrics begin to fail.
    fn metrics_failing(&self, error: &CallError);
    /// Metrics are taken again.
    fn metrics_recovered(&self);
    /// Lookups of configurations begin to fail.
    fn lookups_failing(&self, error: &CallError);
    /// A lookup succeeded again.
    fn lookups_recovered(&self);
    /// A request for a configuration stream was refused for its token. Said for each: how often is what an operator looks for.
    fn token_refused(&self, request_id: &str, error: TokenError);
}

/// Nobody reads.
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
