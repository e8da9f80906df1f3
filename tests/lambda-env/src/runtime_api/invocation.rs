//! An invocation to be made, and the faults of its response. Plain values: nothing happens here.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use crate::{event::FunctionUrl, trace::TraceHeader};

/// When the function has to be done, and what it is told about that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deadline {
    /// The function's time-out from delivery on, enforced.
    #[default]
    Timeout,
    /// This long from delivery on, enforced.
    In(Duration),
    /// A date in the past, this long before delivery. Not enforced.
    Past(Duration),
    /// This constant in milliseconds since 1970 (some emulators send 600000). Not enforced.
    Constant(u64),
}

/// What happens to a response while the function sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFault {
    /// An answer in mid-body, 413 say; then the connection is closed as Lambda's own server does it: what still comes is
    /// read for a moment, at most 256 KB, so that the answer is not lost in a reset.
    Refuse(StatusCode),
    /// The connection is reset, without an answer.
    Cut,
    /// Nothing more is read: a client that stands still. The deadline goes on.
    StandStill,
    /// From now on so many bytes are read in a second, chunk by chunk: a client with a slow line.
    SlowDown(u32),
    /// Reading goes on, at full speed, after a stand-still or a slow-down.
    GoOn,
}

/// The moment of a fault, counted from the head of the response on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// As soon as the head of the response is there.
    AtOnce,
    /// When this many chunks have been read, prelude and NUL bytes among them.
    AfterChunks(usize),
    /// When this many bytes of body have been read.
    AfterBytes(usize),
    /// This long after the head.
    After(Duration),
}

/// One invocation: event, trace header, deadline and faults.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub(crate) event: Event,
    pub(crate) trace: Trace,
    pub(crate) deadline: Deadline,
    pub(crate) faults: Vec<(When, ResponseFault)>,
    pub(crate) stale: bool,
    pub(crate) tenant: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Url(FunctionUrl),
    Json(Value),
}

#[derive(Clone, Debug)]
pub(crate) enum Trace {
    Generated { sampled: bool },
    Given(String),
    Missing,
}

impl Invocation {
    /// A request to the function's URL, with a new sampled trace and the function's time-out.
    pub fn url(url: FunctionUrl) -> Self {
        Self::of(Event::Url(url))
    }

    /// A GET request to the function's URL.
    pub fn get(target: &str) -> Self {
        Self::url(FunctionUrl::get(target))
    }

    /// Any event.
    pub fn json(event: Value) -> Self {
        Self::of(Event::Json(event))
    }

    const fn of(event: Event) -> Self {
        let trace = Trace::Generated { sampled: true };
        Self { event, trace, deadline: Deadline::Timeout, faults: Vec::new(), stale: false, tenant: None }
    }

    /// Uses this trace header, as the function is to see it.
    #[must_use]
    pub fn trace(self, header: &TraceHeader) -> Self {
        self.raw_trace(&header.to_string())
    }

    /// Uses this text as trace header, well-formed or not.
    #[must_use]
    pub fn raw_trace(mut self, header: &str) -> Self {
        self.trace = Trace::Given(header.to_owned());
        self
    }

    /// Sends no trace header at all.
    #[must_use]
    pub fn no_trace(mut self) -> Self {
        self.trace = Trace::Missing;
        self
    }

    /// A new trace that is not sampled.
    #[must_use]
    pub fn unsampled(mut self) -> Self {
        self.trace = Trace::Generated { sampled: false };
        self
    }

    /// Sets the deadline.
    #[must_use]
    pub const fn deadline(mut self, deadline: Deadline) -> Self {
        self.deadline = deadline;
        self
    }

    /// Adds a fault; several take place one after the other, each once.
    #[must_use]
    pub fn fault(mut self, when: When, fault: ResponseFault) -> Self {
        self.faults.push((when, fault));
        self
    }

    /// Makes the runtime's echo of `Lambda-Runtime-Invocation-Id` count as stale: its answer gets 410 Gone.
    #[must_use]
    pub const fn stale(mut self) -> Self {
        self.stale = true;
        self
    }

    /// Sets `Lambda-Runtime-Aws-Tenant-Id`.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.to_owned());
        self
    }
}

impl From<FunctionUrl> for Invocation {
    fn from(url: FunctionUrl) -> Self {
        Self::url(url)
    }
}
