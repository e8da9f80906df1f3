//! What one call to an AWS service leaves behind, whether it succeeded or not. Plain words, so that a span can be
//! written from it without knowing an SDK.

use crate::Failure;
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
