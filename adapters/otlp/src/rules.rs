//! The rules that apply to every span of a pipeline: the size guard, and the policy of the service.

use super::{guard::Guard, size::Sizes, span_policy::SpanPolicy};

/// The rules of one pipeline.
pub(super) struct Rules {
    pub(super) guard: Guard,
    pub(super) policy: SpanPolicy,
    /// The budget of a trace, in estimated bytes.
    pub(super) budget_bytes: usize,
}

impl Rules {
    pub(super) fn new(policy: SpanPolicy, budget_bytes: usize, sizes: Sizes) -> Self {
        Self { guard: Guard::new(sizes, &policy.essential), policy, budget_bytes }
    }
}
