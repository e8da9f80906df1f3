//! The plain answers of the Runtime API.

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::wire;

pub(super) fn gone() -> Response<Full<Bytes>> {
    let body = json!({"errorType": "InvocationGone", "errorMessage": "The invocation is over"});
    wire::json(StatusCode::GONE, &body)
}

/// The answer to one that comes after the time limit, on Managed Instances.
pub(super) fn timed_out() -> Response<Full<Bytes>> {
    let body = json!({"errorType": "InvokeTimeout", "errorMessage": "The invocation passed its time limit"});
    wire::json(StatusCode::GONE, &body)
}

pub(super) fn accepted() -> Response<Full<Bytes>> {
    wire::json(StatusCode::ACCEPTED, &json!({"status": "OK"}))
}
