//! Names of spans (contract: Spans).

/// The handler phase's one subsegment.
pub use lambda_trace::HANDLER_SPAN as HANDLER;

/// The stream itself.
pub const STREAM: &str = "sse_stream";
/// A slot taken, or refused.
pub const ACQUIRE: &str = "connection_acquire";
/// A slot given back.
pub const RELEASE: &str = "connection_release";
/// One Query call.
pub const POLL: &str = "dynamodb_poll";
/// One event taken by the reader.
pub const DISPATCH: &str = "sse_event_dispatch";
/// One PutMetricData call.
pub const PUT_METRIC: &str = "cloudwatch_put_metric";
