//! Warns of a time limit that is too short for a stream: the function works, but each stream ends before its second
//! poll, and every reader reconnects for ever. Lambda's default limit of 3 s is too short.

use lambda_trace::Timestamp;
use std::time::Duration;

/// One line, at the first invocation of a process: the limit is known from nothing but the deadline. `needed` is the margin before
/// it and one poll interval.
pub(super) fn warn_if_short(needed: Duration, now: Timestamp, deadline: Timestamp) {
    if is_short(needed, now, deadline) {
        tracing::warn!(
            "the function's time limit is shorter than SSE_DEADLINE_MARGIN_MS and SSE_POLL_INTERVAL_MS together \
             ({} ms): its streams end before their second poll. Set a longer timeout, 900 s at most",
            needed.as_millis()
        );
    }
}

fn is_short(needed: Duration, now: Timestamp, deadline: Timestamp) -> bool {
    // A deadline in the past counts as unknown.
    deadline > now && deadline.since(now) < needed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_s_default_limit_is_too_short_and_an_unknown_one_is_not() {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let needed = Duration::from_secs(8);
        for (limit, short) in [(3, true), (7, true), (8, false), (900, false), (0, false)] {
            assert_eq!(is_short(needed, now, now.plus(Duration::from_secs(limit))), short, "{limit} s");
        }
        assert!(!is_short(needed, now, now.minus(Duration::from_secs(1))));
    }
}
