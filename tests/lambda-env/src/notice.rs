//! Notices: everything that happens to the environments, and to the URL in front of them, while it happens. The command
//! line prints them, and a test may read them.

use std::time::Duration;

use crate::{
    clock::Stamp,
    environment::{LogLine, Phase},
    runtime_api::{Outcome, Violation},
    trace::TraceHeader,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// When. Notices of different origins may come out of order by a few milliseconds.
    pub at: Stamp,
    /// The environment concerned; they count from 1.
    pub environment: Option<usize>,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something in the life of an environment.
    Phase(Phase),
    /// A process wrote a line.
    Line(LogLine),
    /// Something that a correct runtime never does.
    Violation(Violation),
    /// A request was handed to an environment.
    Invoked(Invoked),
    /// The invocation has ended.
    Ended(Box<Ended>),
    /// Every environment was taken: the caller got 429.
    Throttled(Request),
    /// An environment had to be started for a request and did not start: the caller got 502.
    StartFailed(Request, String),
    /// A fault took place that a scenario had asked for.
    Fault(u64, String),
}

/// A request to the function's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number; they count from 1.
    pub number: u64,
    /// GET, POST and so on.
    pub method: String,
    /// Path and query.
    pub target: String,
}

/// A request that an environment has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoked {
    /// The request.
    pub request: Request,
    /// `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// The trace header that the function gets, if it is well-formed.
    pub trace: Option<TraceHeader>,
    /// Whether a process had to be started for it.
    pub is_cold: bool,
}

/// An invocation that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The request.
    pub request: Request,
    /// `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// The trace header that the function got, if it was well-formed.
    pub trace: Option<TraceHeader>,
    /// The status that the caller got.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// Chunks of the body as the function sent them, without prelude and NUL bytes.
    pub chunks: usize,
    /// Bytes of the body.
    pub bytes: usize,
    /// From delivery to the first byte of the body.
    pub first_byte: Option<Duration>,
    /// From delivery to the end.
    pub duration: Duration,
    /// Whether the caller was gone before the end.
    pub caller_left: bool,
}
