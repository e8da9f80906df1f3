//! The wait after a collector asked for one: no attempt is made before it is over, neither in a flush nor in
//! mid-stream.

use super::attempt_log::CollectorReply;
use lambda_trace::{FlushOutcome, Timestamp};
use std::time::Duration;

/// The wait if the collector names none.
const WAIT: Duration = Duration::from_secs(10);

/// A wait that began with a response, or with none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    since: Timestamp,
    wait: Duration,
    /// How the attempt that began the wait ended, which is also how a flush ends that is not made because of it.
    pub(super) outcome: FlushOutcome,
}

impl Patience {
    /// The wait that this response asks for; it begins at `now`.
    pub(super) fn asked_by(reply: &CollectorReply, now: Timestamp) -> Self {
        let wait = match reply {
            CollectorReply::Answered(answer) => answer.retry_after,
            CollectorReply::None(_) => None,
        };
        Self { since: now, wait: wait.unwrap_or(WAIT), outcome: FlushOutcome::Refused }
    }

    /// The wait after an attempt without a response within its limit.
    pub(super) const fn after_timeout(now: Timestamp) -> Self {
        Self { since: now, wait: WAIT, outcome: FlushOutcome::Timeout }
    }

    /// Whether the wait is not over. A clock that was set back ends it: otherwise nothing would be sent until that
    /// moment comes again.
    pub(super) fn is_on(&self, now: Timestamp) -> bool {
        now >= self.since && now.since(self.since) < self.wait
    }
}
