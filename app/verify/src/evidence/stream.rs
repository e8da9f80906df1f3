//! One stream that the run opened and read.

use super::Event;
use std::{fmt, time::Duration};

/// Why a stream was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// One after another, so that they meet a warm environment.
    Sequential,
    /// Beside others.
    Parallel,
    /// A configuration's stream, with a token.
    Configuration,
    /// With the cursor of another stream, while that one was still open.
    Resumed {
        /// Index of the other stream.
        from: usize,
        /// How many of its events had been read when its cursor was taken.
        events: usize,
    },
    /// Without a cursor, at the same time as the resumed one: what a new client holds.
    Fresh,
}

/// How reading ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The body came to its end.
    Complete,
    /// The reader had waited long enough.
    GivenUp,
    /// The connection failed; what was said.
    Broken(String),
}

/// A stream and what the reader saw of it.
#[derive(Clone, Debug)]
pub struct StreamRecord {
    /// Why it was opened.
    pub purpose: Purpose,
    /// The root of the trace header that was sent.
    pub sent_trace: String,
    /// The status, or why there was none.
    pub status: Result<u16, String>,
    /// The answer's content type.
    pub content_type: String,
    /// What an answer without events said: the error's `detail`, cut.
    pub detail: Option<String>,
    /// The events.
    pub events: Vec<Event>,
    /// When reading ended, since the request was sent.
    pub ended: Duration,
    /// How it ended.
    pub end: StreamEnd,
}

impl StreamRecord {
    /// Whether it is a stream of events with a place of its own.
    pub fn is_served(&self) -> bool {
        self.status == Ok(200) && self.events.first().is_some_and(|event| event.name != "busy")
    }

    /// The trace that the function says it is in, from the first heartbeat. `None`: not sampled, or no stream.
    pub fn trace_id(&self) -> Option<&str> {
        self.events.iter().find(|event| event.name == "heartbeat")?.text("trace_id")
    }

    /// From the first event to the last, by the reader's clock.
    pub fn events_took(&self) -> Duration {
        match (self.events.first(), self.events.last()) {
            (Some(first), Some(last)) => last.at.saturating_sub(first.at),
            _ => Duration::ZERO,
        }
    }

    /// When the first event was there.
    pub fn first_event(&self) -> Option<Duration> {
        self.events.first().map(|event| event.at)
    }
}

impl fmt::Display for StreamRecord {
    /// Names the stream in evidence: by its trace where it has one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {}", self.trace_id().unwrap_or(&self.sent_trace))
    }
}
