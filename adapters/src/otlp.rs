//! The streaming pipeline: finished spans to an OTLP receiver next door, within X-Ray's limits, and with an account of
//! each of them. Knows nothing of HTTP requests that the service answers, nor of when it is flushed: its callers do that.

mod account;
mod books;
mod budget;
mod config;
mod convert;
mod estimate;
mod guard;
mod held;
mod http;
mod json;
mod ledger_line;
mod lines;
mod pipeline;
mod queue;
mod report;
mod sampling;
mod sending;
mod size;
#[cfg(test)]
pub(crate) mod testing;
mod wire;

pub use config::{PipelineConfig, PipelineError, resource};
pub use estimate::estimated_document_bytes;
pub use http::{Connect, HttpWire, Io, Tcp};
pub use lines::{Captured, Lines, Stdout};
pub use pipeline::Pipeline;
pub use report::{Answer, Report};
pub use wire::{Wire, WireError};

pub(crate) use self::{
    convert::{scope, span_data},
    held::Held,
    json::Printer,
    sampling::span_id,
    size::Sizes,
};
