//! Identifies a stream.

use lambda_trace::TraceId;
use std::sync::Arc;

/// The number of a stream in the store, in the order of opening.
pub(super) type BufferId = u64;

/// The identity of a stream in the log.
#[derive(Clone, Debug)]
pub(super) struct StreamId {
    pub(super) request_id: Arc<str>,
    pub(super) trace: TraceId,
}
