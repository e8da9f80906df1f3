//! The record of one call to an AWS service, successful or failed, as plain values: a span can be written from it
//! without a type of an SDK.

use crate::Failure;
use std::borrow::Cow;

/// One call of an AWS operation. What the SDK retries within it is counted in its attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsCall {
    /// The service: `DynamoDB`, `CloudWatch`.
    pub service: &'static str,
    /// The operation: `Query`, `GetItem`, `PutMetricData`.
    pub operation: &'static str,
    /// The region of the call.
    pub region: String,
    /// The DynamoDB table, if the operation names one.
    pub table: Option<String>,
    /// The AWS request id, if a response carried one.
    pub request_id: Option<String>,
    /// The number of attempts, at least 1.
    pub attempts: u32,
}

/// A failed call. `Display` says what failed. `detail` is the service's own message: it is unbounded, meant for spans
/// and logs, and never sent to a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {} failed: {}", report.service, report.operation, failure.as_str())]
pub struct CallError {
    /// The class of the failure.
    pub failure: Failure,
    /// The service's error code (`ProvisionedThroughputExceededException`), or a name of ours where there is none.
    pub error_type: Cow<'static, str>,
    /// The service's own message.
    pub detail: String,
    /// The call that failed.
    pub report: AwsCall,
}
