//! The ways in which a collector fails. Names only.

use std::time::Duration;

/// What happens to an export instead of success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtlpFault {
    /// Nobody listens: connections are refused.
    Refuse,
    /// The request is read, nothing recorded as accepted, and the connection reset.
    Reset,
    /// The request is read and never answered.
    Hang,
    /// The request is read and answered with this status; 500, 429, 400 and so on.
    Status(u16),
    /// Answered with this status and a `google.rpc.Status` of this code and text, as X-Ray answers.
    Says(u16, i32, &'static str),
    /// Answered with this status and `Retry-After` in seconds.
    RetryAfter(u16, u32),
    /// Accepted at once, answered this much later.
    Slow(Duration),
    /// Accepted and recorded; the connection is reset before the answer.
    AnswerLost,
    /// Answered with 200 and this many `rejected_spans`: the last ones of the request.
    PartialSuccess(usize),
    /// Answered with 200 and every span rejected.
    RejectAll,
    /// Accepted, and answered with 200 and a body that is no protobuf.
    Garbage,
}
