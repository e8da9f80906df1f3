//! The routes of the Runtime API. Streaming answers are read in `streaming`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::json;
use tokio::sync::oneshot;

use super::{
    active_invocation::ActiveInvocation,
    answers::{accepted, gone, timed_out},
    echo::{error_kind, is_stale},
    invocation_queue::{InitError, InvocationQueue},
    response::Outcome,
    streaming,
};
use crate::{
    extensions_api, telemetry_api,
    wire::{self, Answer, Peer, Unanswered},
};

/// Answers one request.
pub(super) async fn serve(request: Request<Incoming>, peer: Peer, queue: Arc<InvocationQueue>) -> Answer {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (&head.method, parts.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => next(&queue).await,
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => match queue.active(id) {
            Some(active) => streaming::receive(body, &peer, &queue, &active, &head.headers).await,
            None if queue.take_late(id) => Ok(wire::last(timed_out())),
            None => unknown(body, &queue, id).await,
        },
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
            error(body, &queue, id, &head.headers).await
        }
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            let body = wire::whole(body).await?;
            queue.set_init_error(InitError { kind: error_kind(&head.headers), body });
            Ok(accepted())
        }
        (&Method::PUT, ["2022-07-01", "telemetry", ..]) => {
            Ok(telemetry_api::subscribe(&queue, &head, &wire::whole(body).await?))
        }
        (&Method::PUT, ["2020-08-15", "logs", ..]) => logs(body).await,
        (_, ["2020-01-01", "extension", ..]) => extensions_api::route(&queue, &head, wire::whole(body).await?).await,
        _ => {
            queue.violation(None, format!("{} {path}: no such route", head.method));
            wire::whole(body).await?;
            let body = json!({"errorType": "Runtime.NotFound", "errorMessage": "no such route"});
            Ok(wire::json(StatusCode::NOT_FOUND, &body))
        }
    }
}

/// The Logs API, which the Telemetry API has replaced. What AWS's own emulator says: extensions go on without it.
async fn logs(body: Incoming) -> Answer {
    wire::whole(body).await?;
    let body = json!({"errorType": "Logs.NotSupported", "errorMessage": "Logs API is not supported"});
    Ok(wire::json(StatusCode::ACCEPTED, &body))
}

/// A `next` that waits. Dropped before it was answered, because the client is gone, it gives its place and its event back.
struct Waiting {
    queue: Arc<InvocationQueue>,
    ticket: u64,
    slot: oneshot::Receiver<Arc<ActiveInvocation>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.queue.withdraw(self.ticket);
        self.slot.close();
        if let Ok(active) = self.slot.try_recv() {
            self.queue.give_back(active);
        }
    }
}

async fn next(queue: &Arc<InvocationQueue>) -> Answer {
    let Ok((ticket, slot)) = queue.ask_next().await else {
        let body = json!({"errorType": "InvalidStateTransition", "errorMessage": "Transition from Running to Ready is not allowed"});
        return Ok(wire::json(StatusCode::FORBIDDEN, &body));
    };
    let mut waiting = Waiting { queue: Arc::clone(queue), ticket, slot };
    match (&mut waiting.slot).await {
        Ok(active) => Ok(event(queue, &active)),
        Err(_) if queue.is_stopping() => {
            let body = json!({"errorType": "Runtime.Unavailable", "errorMessage": "the environment is being stopped"});
            Ok(wire::json(StatusCode::INTERNAL_SERVER_ERROR, &body))
        }
        Err(_) => Err(Unanswered),
    }
}

fn event(queue: &InvocationQueue, active: &ActiveInvocation) -> Response<Full<Bytes>> {
    let mut response = wire::reply(StatusCode::OK, "application/json", active.event.clone());
    let deadline = active.with(|record| record.deadline_ms).to_string();
    let fields = [
        ("lambda-runtime-aws-request-id", Some(active.request_id.clone())),
        ("lambda-runtime-deadline-ms", Some(deadline)),
        ("lambda-runtime-invoked-function-arn", Some(queue.function.arn())),
        ("lambda-runtime-invocation-id", Some(active.invocation_id.clone())),
        ("lambda-runtime-trace-id", active.trace.clone()),
        ("lambda-runtime-aws-tenant-id", active.tenant.clone()),
    ];
    for (name, value) in fields {
        // A trace header that is no header value cannot be sent by Lambda either.
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn error(body: Incoming, queue: &Arc<InvocationQueue>, id: &str, headers: &HeaderMap) -> Answer {
    let Some(active) = queue.active(id) else {
        return if queue.take_late(id) { Ok(wire::last(timed_out())) } else { unknown(body, queue, id).await };
    };
    let body = wire::whole(body).await?;
    if is_stale(&active, headers) {
        queue.finish(&active, Outcome::Refused(StatusCode::GONE));
        return Ok(gone());
    }
    if active.with(|record| record.answered.is_some()) {
        queue.violation(Some(id), "answered on /error after it had begun a response".to_owned());
    }
    let kind = Some(error_kind(headers)).filter(|kind| !kind.is_empty()).unwrap_or_else(|| error_type(&body));
    queue.finish(&active, Outcome::Error { kind, body });
    Ok(accepted())
}

async fn unknown(body: Incoming, queue: &InvocationQueue, id: &str) -> Answer {
    queue.violation(Some(id), "answered an invocation that is not under way".to_owned());
    wire::whole(body).await?;
    let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
    Ok(wire::json(StatusCode::BAD_REQUEST, &body))
}

/// The type that the body of an error names: the header is optional, and the interface client for Python sends none.
fn error_type(body: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    json["errorType"].as_str().unwrap_or_default().to_owned()
}
