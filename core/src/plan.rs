//! What one stream is to be: until when, for whom, from where on. Computed once, before it opens.

use crate::{
    digest::Digest,
    item::Ticker,
    ports::{Last, Random},
};
use lambda_trace::Timestamp;
use std::{collections::BTreeSet, time::Duration};

/// The bounds of the reconnect delay after `done`.
const DONE_RETRY: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1_500)];

/// The limits of every stream of a process.
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

/// What of the state a client is to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Only these; `None`: all.
    pub tickers: Option<BTreeSet<Ticker>>,
    /// Whether it gets `metrics` events.
    pub metrics: bool,
}

impl View {
    /// Everything.
    pub const ALL: Self = Self { tickers: None, metrics: true };

    /// Whether it shows this ticker.
    pub fn shows(&self, ticker: &Ticker) -> bool {
        self.tickers.as_ref().is_none_or(|only| only.contains(ticker))
    }
}

/// One stream.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The stream's last event is written at this moment.
    pub end_at: Timestamp,
    /// Whether that is `SSE_STREAM_MAX_MS` rather than the deadline.
    pub ends_by_stream_max: bool,
    /// The invocation's own deadline.
    pub deadline: Timestamp,
    /// Between heartbeats.
    pub heartbeat: Duration,
    /// The client's reconnect delay.
    pub retry: Duration,
    /// The same after a `done`: a planned end should not cost the reader the pause that a fault does.
    pub done_retry: Duration,
    /// What the client sees.
    pub view: View,
    /// What the client says it holds.
    pub resume: Option<Digest>,
}

impl Plan {
    /// Plans a stream that opens now.
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
            // Within ±50 %, so that clients that lost one environment together do not come back together.
            retry: random.time_between(limits.retry / 2, limits.retry + limits.retry / 2),
            done_retry: random.time_between(DONE_RETRY[0], DONE_RETRY[1]),
            view,
            resume,
        }
    }

    /// The goodbye when [`Self::end_at`] comes.
    pub fn last(&self, now: Timestamp) -> Last {
        if self.ends_by_stream_max { Last::StreamMax } else { Last::Deadline { remaining: self.deadline.since(now) } }
    }
}
