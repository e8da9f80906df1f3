//! A function whose time limit is too short for a stream works, and is of no use: each stream ends before its second poll, and every
//! reader comes back for ever. Lambda's default limit of 3 s is such a one.

use lambda_trace::Timestamp;
use std::time::Duration;

/// One line, at the first invocation of a process: the limit is known from nothing but the deadline. `needed` is the margin before
/// it and one poll interval.
pub(super) fn warn_if_short(needed: Duration, now: Timestamp, deadline: Timestamp) {
    // A deadline in the past is unknown.
    if deadline > now && deadline.since(now) < needed {
        tracing::warn!(
            "the function's time limit is shorter than SSE_DEADLINE_MARGIN_MS and SSE_POLL_INTERVAL_MS together \
             ({} ms): its streams end before their second poll. Set a longer timeout, 900 s at most",
            needed.as_millis()
        );
    }
}
