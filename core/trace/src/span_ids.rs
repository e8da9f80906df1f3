//! Span ids as a port, because randomness comes from outside this crate.

use crate::SpanId;

/// MUST return a different id with each call, in the form that X-Ray accepts (FR-053), without blocking.
pub trait SpanIds: Send + Sync {
    /// A fresh span id.
    fn span_id(&self) -> SpanId;
}
