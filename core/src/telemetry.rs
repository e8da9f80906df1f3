//! One invocation as values: `Invocation<Handler>` → `Invocation<Streaming>` → `BodyEndPermit` → `ReadyForNext`.
//!
//! Who holds which value can do what: no span of a phase that ended, none across the switch, none after the flush,
//! no next event without a flush. Knows no exporter; the sink is [`crate::ports::Telemetry`].

mod flush;
mod invocation;
mod phase;
mod scope;
mod span;
mod value;

pub use flush::{BODY_FLUSH_MS, BodyEndPermit, PendingFlush, ReadyForNext};
pub use invocation::{Invocation, InvocationStart, StreamIdentity};
pub use phase::{EndReason, Handler, Phase, Streaming};
pub use scope::{InvocationContext, TraceConfig};
pub use span::{Exception, FinishedSpan, Span, SpanKind};
pub use value::Value;

/// Names of spans (contract: Spans).
pub mod names {
    /// The handler phase's one subsegment.
    pub const HANDLER: &str = "## handler";
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
}
