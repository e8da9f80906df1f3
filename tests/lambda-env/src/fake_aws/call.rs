//! One AWS call as it was seen. A record only.

use serde_json::Value;

use super::AwsFault;
use crate::clock::Stamp;

/// One HTTP request to it: an attempt of an SDK's call.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsCall {
    /// When it had been read.
    pub at: Stamp,
    /// When its answer had been written; never, where there was none.
    pub answered: Option<Stamp>,
    /// `DynamoDB` or `CloudWatch`.
    pub service: &'static str,
    /// `Query`, `PutMetricData` and so on.
    pub operation: String,
    /// What `x-amzn-requestid` said.
    pub request_id: String,
    /// The request, as JSON whatever its protocol.
    pub arguments: Value,
    /// The table, where one is named.
    pub table: Option<String>,
    /// The partition value of a query or of a key.
    pub partition: Option<String>,
    /// Status of the answer that was or would have been written.
    pub status: u16,
    /// The error's code, if it was one.
    pub error: Option<String>,
    /// The rule that hit it.
    pub fault: Option<AwsFault>,
    /// Items in the answer.
    pub items: usize,
    /// Capacity units consumed.
    pub capacity: f64,
    /// `amz-sdk-invocation-id`: equal in all attempts of one call.
    pub sdk_call: Option<String>,
    /// The attempt's number, from `amz-sdk-request`.
    pub attempt: Option<u32>,
    /// Size of the body in bytes, as sent.
    pub bytes: usize,
    /// Whether the body was compressed.
    pub compressed: bool,
}
