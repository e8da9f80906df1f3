//! What one call to an AWS service leaves behind, whether it succeeded or not. Plain words, so that a span can be
//! written from it without knowing an SDK.

use std::borrow::Cow;

/// One call, as made: retries inside it are its attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsCall {
    /// `DynamoDB`, `CloudWatch`.
    pub service: &'static str,
    /// `Query`, `GetItem`, `PutMetricData`.
    pub operation: &'static str,
    /// The region of the call.
    pub region: String,
    /// The table, where there is one.
    pub table: Option<String>,
    /// AWS's id of the request, if an answer carried one.
    pub request_id: Option<String>,
    /// How often it was sent, at least 1.
    pub attempts: u32,
}

/// Why a call failed, as far as a caller may act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Too many requests: the service asks for less.
    Throttled,
    /// No answer within the limit.
    TimedOut,
    /// No connection could be opened: nothing was sent.
    NotConnected,
    /// The connection broke after it was opened: the request may have been taken.
    Unreachable,
    /// Credentials or permissions.
    Denied,
    /// The service refuses the request as it is.
    Refused,
    /// The service failed.
    Faulted,
    /// The answer cannot be understood.
    Unreadable,
}

/// A failed call. `Display` says what failed; `detail` (the service's own words, unbounded, never for a client) is for spans.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {} failed: {}", report.service, report.operation, failure.as_str())]
pub struct CallError {
    /// What to make of it.
    pub failure: Failure,
    /// The service's name for it (`ProvisionedThroughputExceededException`), or ours.
    pub error_type: Cow<'static, str>,
    /// The service's own words.
    pub detail: String,
    /// The call.
    pub report: AwsCall,
}

impl Failure {
    /// Whether the service may have carried the request out all the same, because no answer of its own says that it did not.
    pub const fn may_have_been_taken(self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable | Self::Faulted | Self::Unreadable => true,
            Self::Throttled | Self::NotConnected | Self::Denied | Self::Refused => false,
        }
    }

    /// In words, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::TimedOut => "timed out",
            Self::NotConnected => "no connection",
            Self::Unreachable => "the connection broke",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Faulted => "failed at the service",
            Self::Unreadable => "unreadable answer",
        }
    }
}
