//! Answers that are not streams: status, errors.

use super::{
    http_error::HttpError,
    response::{Body, Completion, HandlerResponse},
};
use crate::service::Service;
use bytes::Bytes;
use futures::FutureExt;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use lambda_trace::{Handler, Invocation};
use serde::Serialize;

#[derive(Serialize)]
struct Status {
    connections: usize,
    max_connections: usize,
    available: usize,
    uptime_seconds: u64,
}

/// `GET /api/v2/stream/status`
pub(super) fn status(service: &Service, invocation: Invocation<Handler>) -> HandlerResponse {
    let (connections, max_connections) = (service.slots.taken(), service.slots.max());
    let uptime = service.ports.clock.now().since(service.ports.started_at);
    let status = Status {
        connections,
        max_connections,
        available: max_connections.saturating_sub(connections),
        uptime_seconds: uptime.as_secs(),
    };
    plain(StatusCode::OK, json(&status), HeaderMap::new(), invocation)
}

/// An error.
pub(super) fn problem(problem: HttpError, invocation: Invocation<Handler>) -> HandlerResponse {
    let mut headers = HeaderMap::new();
    match problem {
        HttpError::Method => drop(headers.insert(ALLOW, HeaderValue::from_static("GET"))),
        HttpError::Unauthorized(_) => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        _ => {}
    }
    plain(problem.status(), json_error(&problem), headers, invocation)
}

fn plain(status: StatusCode, body: Bytes, mut headers: HeaderMap, invocation: Invocation<Handler>) -> HandlerResponse {
    describe_json(&mut headers);
    HandlerResponse {
        status,
        headers,
        body: Body::Plain(body),
        work: Completion::AfterResponse(invocation.answer().boxed()),
    }
}

pub(super) fn describe_json(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// `{"detail": "…"}`, the form of every error.
pub fn json_error(detail: &impl ToString) -> Bytes {
    #[derive(Serialize)]
    struct Detail {
        detail: String,
    }
    json(&Detail { detail: detail.to_string() })
}

fn json(value: &impl Serialize) -> Bytes {
    // Our own types have string keys, which is all that could fail.
    serde_json::to_vec(value).unwrap_or_else(|_| b"{}".to_vec()).into()
}
