//! Traces of a streaming Lambda invocation, as values: `Invocation<Handler>` → `Invocation<Streaming>` → [`BodyEndPermit`] →
//! [`ReadyForNext`].
//!
//! Who holds which value can do what: no span of a phase that has ended, none that spans the switch of phases, none after the
//! flush, and no request for the next event without a flush. Spans are plain data; where they go is the [`Telemetry`] port.
//! This crate knows no exporter, no AWS SDK, no HTTP and no async runtime.

mod aws_call;
mod clock;
mod context;
mod flush;
mod ids;
mod invocation;
mod limit;
#[cfg(any(test, feature = "testing"))]
mod manual_clock;
mod phase;
mod shutdown;
mod span;
mod telemetry;
mod time;
mod trace_context;
mod value;

pub use aws_call::{AwsCall, CallError, Failure};
pub use clock::Clock;
pub use context::{InvocationContext, TraceConfig};
pub use flush::{BODY_FLUSH_MS, BodyEndPermit, PendingFlush, ReadyForNext};
pub use ids::{ConnectionId, SpanId, TraceId};
pub use invocation::{Invocation, InvocationStart, Rescue, StreamIdentity};
pub use limit::within;
#[cfg(any(test, feature = "testing"))]
pub use manual_clock::ManualClock;
pub use phase::{EndReason, Handler, Phase, Streaming};
pub use shutdown::Shutdown;
pub use span::{Exception, FinishedSpan, Span, SpanKind};
pub use telemetry::{FlushOutcome, StreamClosed, StreamOpened, Telemetry};
pub use time::Timestamp;
pub use trace_context::{OTLP_TRACE_AGE_MAX, Parent, TRACE_AGE_MAX, TraceContext};
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
