//! Traces of a streaming Lambda invocation, as values: `Invocation<Handler>` → `Invocation<Streaming>` → [`BodyEndPermit`] →
//! [`ReadyForNext`].
//!
//! The value that code holds decides what it can do: no span of a phase that has ended, no span across the switch of
//! phases, none after the flush, and no request for the next event without a flush. Spans are plain data; where they go
//! is the [`Telemetry`] port, which gives each sampled stream a handle of its own. This crate has no exporter, no AWS
//! SDK, no HTTP and no async runtime.

mod aws_call;
mod clock;
mod context;
mod end_reason;
mod failure;
mod finished_span;
mod flush;
mod handler_state;
mod ids;
mod invocation;
mod ledger;
mod limit;
#[cfg(any(test, feature = "testing"))]
mod manual_clock;
mod off;
mod phase;
mod phase_state;
mod phases;
mod recording;
mod rescue;
mod shutdown;
mod span;
mod span_ids;
mod stream_span;
mod streaming_state;
mod telemetry;
mod time;
mod trace_config;
mod trace_context;
mod value;
mod with_causes;

pub use aws_call::{AwsCall, CallError};
pub use clock::Clock;
pub use end_reason::EndReason;
pub use failure::{Failure, names_bad_credentials};
pub use finished_span::{Exception, FinishedSpan, SpanKind};
pub use flush::{BODY_FLUSH, BodyEndPermit, PendingFlush, ReadyForNext};
pub use ids::{SpanId, TraceId};
pub use invocation::{HANDLER_SPAN, Invocation, InvocationStart};
pub use ledger::{FlushOutcome, LedgerEntry, StreamEnd};
pub use limit::within;
#[cfg(any(test, feature = "testing"))]
pub use manual_clock::ManualClock;
pub use off::Off;
pub use phase::{Handler, Streaming};
pub use phase_state::Phase;
pub use phases::Phases;
pub use rescue::Rescue;
pub use shutdown::Shutdown;
pub use span::Span;
pub use span_ids::SpanIds;
pub use stream_span::{NamedStream, StreamSpan};
pub use telemetry::{HandlerTelemetry, SpanOutline, StreamSpans, StreamStart, StreamingTelemetry, Telemetry};
pub use time::{Timestamp, whole_millis};
pub use trace_config::TraceConfig;
pub use trace_context::{OTLP_TRACE_AGE_MAX, Parent, TRACE_AGE_MAX, TraceContext};
pub use value::{ANNOTATIONS, Value};
pub use with_causes::with_causes;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
