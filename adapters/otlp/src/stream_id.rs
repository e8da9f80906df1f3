//! Which stream something belongs to.

use lambda_trace::TraceId;
use std::sync::Arc;

/// A stream in the store, in the order of opening.
pub(super) type BufferId = u64;

/// A stream in the log.
#[derive(Clone, Debug)]
pub(super) struct StreamId {
    pub(super) request_id: Arc<str>,
    pub(super) trace: TraceId,
}
