//! The pipeline of the streaming phase: it exports finished spans to an OTLP collector, within X-Ray's limits, and
//! accounts for each of them. Knows nothing of the HTTP requests that the service answers, nor of when it is flushed:
//! its callers decide that.

pub mod address;
mod answer;
mod attempt;
mod attempt_log;
mod batch;
mod budget;
mod buffer;
mod buffered;
mod collector_log;
mod collector_watch;
mod config;
mod convert;
mod estimate;
mod guard;
mod http;
mod json;
mod ledger_line;
mod line_sink;
mod patience;
mod pipeline;
mod queue;
mod rules;
mod sending;
mod size;
mod span_counts;
mod span_ids;
mod span_policy;
mod stdout;
mod store;
mod stream_id;
mod sync;
mod system_clock;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transport;

pub use answer::CollectorAnswer;
pub use attempt_log::{AttemptLog, CollectorReply};
pub use collector_log::{CollectorLog, Refusal};
pub use config::{PipelineConfig, PipelineError, resource};
pub use estimate::{document_bytes, estimated_document_bytes};
pub use http::{Connect, HttpTransport, Io, Tcp};
/// What transports say of their errors.
pub use lambda_trace::with_causes;
pub use line_sink::{LineSink, MemoryLines, Stdout};
pub use pipeline::{Pipeline, PipelinePorts};
pub use span_ids::XrayIds;
pub use span_policy::{Account, Place, SpanPolicy, Which};
pub use stdout::StdoutTelemetry;
pub use system_clock::SystemClock;
pub use transport::{Transport, TransportError, TransportLimits};

pub(crate) use self::{buffered::BufferedSpan, convert::span_data, guard::Guard, json::OtlpJson, size::Sizes};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
