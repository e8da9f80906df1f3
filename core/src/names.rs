//! The names of spans.

/// The one subsegment of the handler phase.
pub use lambda_trace::HANDLER_SPAN as HANDLER;

/// The stream, from the switch of phases to its end.
pub const STREAM: &str = "sse_stream";
/// A slot is taken, or refused.
pub const ACQUIRE: &str = "connection_acquire";
/// A slot is released.
pub const RELEASE: &str = "connection_release";
/// One Query call.
pub const POLL: &str = "dynamodb_poll";
/// One event that the reader took.
pub const DISPATCH: &str = "sse_event_dispatch";
/// One PutMetricData call.
pub const PUT_METRIC: &str = "cloudwatch_put_metric";
