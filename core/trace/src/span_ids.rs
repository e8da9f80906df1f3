//! Ids of spans as a port: randomness is not this crate's to make.

use crate::SpanId;

/// MUST give another id with each call, in the form that X-Ray takes (FR-053), without blocking.
pub trait SpanIds: Send + Sync {
    /// A fresh span id.
    fn span_id(&self) -> SpanId;
}
