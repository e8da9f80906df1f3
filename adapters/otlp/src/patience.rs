//! A collector that asks for patience gets it: no attempt before the wait is over, in a flush or in mid-stream.

use super::attempt_log::CollectorReply;
use lambda_trace::{FlushOutcome, Timestamp};
use std::time::Duration;

/// The wait, where the collector names none.
const WAIT: Duration = Duration::from_secs(10);

/// A wait that began with an answer, or with none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    since: Timestamp,
    wait: Duration,
    /// How the attempt ended that began it, and so how a flush ends that is not made because of it.
    pub(super) outcome: FlushOutcome,
}

impl Patience {
    /// The wait that this reply asks for; it begins at `now`.
    pub(super) fn asked_by(reply: &CollectorReply, now: Timestamp) -> Self {
        let wait = match reply {
            CollectorReply::Answered(answer) => answer.retry_after,
            CollectorReply::None(_) => None,
        };
        Self { since: now, wait: wait.unwrap_or(WAIT), outcome: FlushOutcome::Refused }
    }

    /// The wait after an attempt that nobody answered before its limit.
    pub(super) const fn after_timeout(now: Timestamp) -> Self {
        Self { since: now, wait: WAIT, outcome: FlushOutcome::Timeout }
    }

    /// Whether it goes on. A clock that was set back ends it: otherwise nothing would be sent until that moment comes again.
    pub(super) fn is_on(&self, now: Timestamp) -> bool {
        now >= self.since && now.since(self.since) < self.wait
    }
}
