//! A Lambda execution environment on loopback, for tests of functions that stream: Runtime API, Extensions API, freezing,
//! deadlines, shutdown; and beside it fakes of what a function talks to, with faults that real ones cannot be told to
//! have. See the README for an example. All of it runs inside a tokio runtime and panics outside one.
//!
//! It knows nothing of any particular function.

#[cfg(feature = "cli")]
pub mod cli;
mod clock;
pub mod environment;
mod event;
mod extensions_api;
pub mod fake_aws;
mod fleet;
mod function;
pub mod function_url;
mod ids;
pub mod notice;
pub mod otlp_receiver;
pub mod runtime_api;
pub mod scenario;
mod segment;
mod sse;
mod telemetry_api;
mod tls_front;
mod trace;
mod wire;
pub mod xray_receiver;

pub use clock::Stamp;
pub use environment::{Environment, Freeze, Log, LogLine, Memory, Phase, Shutdown, Sidecar, StartError, StartFailure};
pub use event::FunctionUrl;
pub use extensions_api::ExtensionState;
pub use fake_aws::{AwsCall, AwsFault, Capacity, FakeAws, Item, On, TableSpec};
pub use function::{Function, Platform};
pub use function_url::{UrlError, UrlOptions, UrlServer};
pub use ids::Ids;
pub use otlp_receiver::{OtlpFault, OtlpReceiver, ReceivedSpan, Span};
pub use runtime_api::{Call, Deadline, Invocation, Outcome, Response, ResponseFault, RuntimeApi, When};
pub use segment::{DaemonSink, SegmentSink};
pub use sse::{SseEvent, SseReader};
pub use tls_front::TlsFront;
pub use trace::TraceHeader;
pub use wire::StaleConnections;
pub use xray_receiver::{XrayDocument, XrayReceiver};

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock even if its holder panicked: the failing test should report the panic itself, not the poisoned lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
