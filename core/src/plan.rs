//! The plan of one stream: how long it lasts, what it shows, and where it resumes. Computed once, before the stream
//! opens.

use crate::{
    digest::Digest,
    item::Ticker,
    ports::{Last, Random},
};
use lambda_trace::Timestamp;
use std::{collections::BTreeSet, time::Duration};

/// The bounds of the reconnect delay after `done`.
const DONE_RETRY: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1_500)];

/// The limits that apply to every stream of a process.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `SSE_STREAM_MAX_MS`; `None`: until the deadline.
    pub stream_max: Option<Duration>,
    /// `SSE_DEADLINE_MARGIN_MS`
    pub deadline_margin: Duration,
    /// `SSE_HEARTBEAT_INTERVAL_MS`
    pub heartbeat: Duration,
    /// `SSE_RETRY_MS`
    pub retry: Duration,
}

/// The part of the state that a client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Only these tickers; `None` means all.
    pub tickers: Option<BTreeSet<Ticker>>,
    /// Whether the client gets `metrics` events.
    pub metrics: bool,
}

impl View {
    /// The whole state.
    pub const ALL: Self = Self { tickers: None, metrics: true };

    /// Whether the view contains this ticker.
    pub fn shows(&self, ticker: &Ticker) -> bool {
        self.tickers.as_ref().is_none_or(|only| only.contains(ticker))
    }
}

/// The plan of one stream.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The time at which the stream's last event is written.
    pub end_at: Timestamp,
    /// Whether that time comes from `SSE_STREAM_MAX_MS` rather than from the deadline.
    pub ends_by_stream_max: bool,
    /// The invocation's deadline.
    pub deadline: Timestamp,
    /// Between heartbeats.
    pub heartbeat: Duration,
    /// The client's reconnect delay.
    pub retry: Duration,
    /// The reconnect delay after a `done`: a planned end should not cost the reader the pause that a fault does.
    pub done_retry: Duration,
    /// The part of the state that the client sees.
    pub view: View,
    /// The cursor that the client sent.
    pub resume: Option<Digest>,
}

impl Plan {
    /// The plan of a stream that opens now.
    pub fn new(
        limits: Limits,
        now: Timestamp,
        deadline: Timestamp,
        random: &dyn Random,
        view: View,
        resume: Option<Digest>,
    ) -> Self {
        let by_deadline = deadline.minus(limits.deadline_margin).max(now);
        let by_stream_max = limits.stream_max.map(|most| now.plus(most));
        let ends_by_stream_max = by_stream_max.is_some_and(|at| at < by_deadline);
        Self {
            end_at: by_stream_max.map_or(by_deadline, |at| at.min(by_deadline)),
            ends_by_stream_max,
            deadline,
            heartbeat: limits.heartbeat,
            // Within ±50 %, so that clients that lost one environment at the same time do not all return at the same
            // time.
            retry: random.time_between(limits.retry / 2, limits.retry + limits.retry / 2),
            done_retry: random.time_between(DONE_RETRY[0], DONE_RETRY[1]),
            view,
            resume,
        }
    }

    /// The last event at [`Self::end_at`].
    pub fn last(&self, now: Timestamp) -> Last {
        if self.ends_by_stream_max { Last::StreamMax } else { Last::Deadline { remaining: self.deadline.since(now) } }
    }
}
