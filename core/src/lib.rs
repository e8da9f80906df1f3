//! The domain of sse-streaming: what a stream is, what it costs, and what it leaves in a trace.
//!
//! Knows no AWS service, no OpenTelemetry, no HTTP and no async runtime: those are behind the ports.
//! Start with [`stream`] (one invocation as a value), then [`session`] (the loop of one stream) and
//! `lambda_trace` (the two phases and the proofs that end them).

pub mod digest;
mod encoded;
pub mod event;
pub mod identity;
pub mod item;
pub mod metrics_aggregator;
pub mod names;
pub mod outbox;
pub mod plan;
pub mod ports;
pub mod session;
pub mod shared_reader;
pub mod snapshot;
pub mod sse;
pub mod stream;
mod sync;
pub mod traced;
pub mod trouble;
pub mod window;
