//! Faults of calls, on demand.

use lambda_trace::{AwsCall, CallError, Clock, Failure};
use std::{borrow::Cow, time::Duration};

/// Calls are given up after this long, retries included: as the real adapters do it.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// A fault for every call from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Fails immediately.
    Fail(Failure),
    /// Never answers; the call is given up after 3 s.
    Hang,
    /// Answers this late; given up after 3 s like any call.
    Slow(Duration),
    /// Asks for fewer calls: `Fail(Failure::Throttled)`.
    Throttle,
}

impl Fault {
    /// Waits as the fault demands. `None`: the call then continues normally.
    pub(super) async fn strike(self, clock: &dyn Clock, report: &AwsCall) -> Option<CallError> {
        let (wait, failure) = match self {
            Self::Fail(failure) => (Duration::ZERO, Some(failure)),
            Self::Throttle => (Duration::ZERO, Some(Failure::Throttled)),
            Self::Slow(wait) if wait < CALL_TIMEOUT => (wait, None),
            Self::Hang | Self::Slow(_) => (CALL_TIMEOUT, Some(Failure::TimedOut)),
        };
        clock.sleep_until(clock.now().plus(wait)).await;
        failure.map(|failure| error(failure, report.clone()))
    }
}

fn error(failure: Failure, report: AwsCall) -> CallError {
    let error_type = match failure {
        Failure::Throttled => "ThrottlingException",
        Failure::TimedOut => "Timeout",
        Failure::NotConnected => "ConnectionFailed",
        Failure::Unreachable => "ConnectionBroken",
        Failure::Denied => "AccessDeniedException",
        Failure::Refused => "ValidationException",
        Failure::Faulted => "InternalServerError",
        Failure::Unreadable => "UnreadableAnswer",
    };
    CallError {
        failure,
        error_type: Cow::Borrowed(error_type),
        detail: "a fault that was asked for".to_owned(),
        report,
    }
}
