//! The routes of the Runtime API, and the connection that carries them. Streaming answers are read in `streaming`.

use std::{io, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;

use super::{
    active_invocation::ActiveInvocation,
    invocation_queue::{InitError, InvocationQueue},
    response::Outcome,
    streaming,
};
use crate::{
    extensions_api,
    wire::{self, Connection},
};

/// Whether a connection takes another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Keep,
    Close,
}

/// Serves one connection until either side ends it.
pub(super) async fn serve(mut connection: Connection, queue: Arc<InvocationQueue>) {
    // A connection that breaks is the client's affair; what it was in the middle of has recorded its own end.
    while let Ok(Some(head)) = connection.head().await {
        connection = match route(connection, &queue, head).await {
            Ok((connection, Flow::Keep)) => connection,
            Ok((_, Flow::Close)) | Err(_) => return,
        };
    }
}

async fn route(
    mut connection: Connection,
    queue: &Arc<InvocationQueue>,
    head: Request<()>,
) -> io::Result<(Connection, Flow)> {
    let path = head.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let flow = match (head.method(), parts.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => next(&mut connection, queue).await?,
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
            return match queue.active(id) {
                Some(active) => streaming::receive(connection, queue, &active, head.headers()).await,
                None => unknown(&mut connection, queue, id, head.headers()).await.map(|flow| (connection, flow)),
            };
        }
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
            error(&mut connection, queue, id, head.headers()).await?
        }
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            let body = connection.body(head.headers()).await?;
            queue.set_init_error(InitError { kind: error_kind(head.headers()), body });
            accepted(&mut connection).await?
        }
        (_, ["2020-01-01", "extension", ..]) => extensions_api::route(&mut connection, queue, &head).await?,
        _ => {
            queue.violation(None, format!("{} {path}: no such route", head.method()));
            connection.body(head.headers()).await?;
            let body = json!({"errorType": "Runtime.NotFound", "errorMessage": "no such route"});
            answer(&mut connection, &wire::json(StatusCode::NOT_FOUND, &body)).await?
        }
    };
    Ok((connection, flow))
}

async fn next(connection: &mut Connection, queue: &Arc<InvocationQueue>) -> io::Result<Flow> {
    let Ok((ticket, mut slot)) = queue.ask_next().await else {
        let body = json!({"errorType": "InvalidStateTransition", "errorMessage": "Transition from Running to Ready is not allowed"});
        return answer(connection, &wire::json(StatusCode::FORBIDDEN, &body)).await;
    };
    let active = tokio::select! {
        biased;
        active = &mut slot => active.ok(),
        () = connection.gone() => {
            queue.withdraw(ticket);
            slot.close();
            if let Ok(active) = slot.try_recv() {
                queue.give_back(active);
            }
            None
        }
    };
    let Some(active) = active else {
        return Ok(Flow::Close);
    };
    match connection.respond(&event(queue, &active)).await {
        Ok(()) => Ok(Flow::Keep),
        Err(error) => {
            queue.give_back(active);
            Err(error)
        }
    }
}

fn event(queue: &InvocationQueue, active: &ActiveInvocation) -> Response<Bytes> {
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

async fn error(
    connection: &mut Connection,
    queue: &Arc<InvocationQueue>,
    id: &str,
    headers: &HeaderMap,
) -> io::Result<Flow> {
    let Some(active) = queue.active(id) else {
        return unknown(connection, queue, id, headers).await;
    };
    let body = connection.body(headers).await?;
    if is_stale(&active, headers) {
        queue.finish(&active, Outcome::Refused(StatusCode::GONE));
        return answer(connection, &gone()).await;
    }
    if active.with(|record| record.answered.is_some()) {
        queue.violation(Some(id), "answered on /error after it had begun a response".to_owned());
    }
    queue.finish(&active, Outcome::Error { kind: error_kind(headers), body });
    accepted(connection).await
}

async fn unknown(
    connection: &mut Connection,
    queue: &InvocationQueue,
    id: &str,
    headers: &HeaderMap,
) -> io::Result<Flow> {
    queue.violation(Some(id), "answered an invocation that is not under way".to_owned());
    connection.body(headers).await?;
    let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
    answer(connection, &wire::json(StatusCode::BAD_REQUEST, &body)).await
}

/// Whether the runtime's echo names another invocation. A runtime that does not echo is taken as it is.
pub(super) fn is_stale(active: &ActiveInvocation, headers: &HeaderMap) -> bool {
    let echo = headers.get("lambda-runtime-invocation-id");
    active.stale || echo.is_some_and(|echo| echo.as_bytes() != active.invocation_id.as_bytes())
}

pub(super) fn gone() -> Response<Bytes> {
    let body = json!({"errorType": "InvocationGone", "errorMessage": "The invocation is over"});
    wire::json(StatusCode::GONE, &body)
}

pub(super) async fn accepted(connection: &mut Connection) -> io::Result<Flow> {
    answer(connection, &wire::json(StatusCode::ACCEPTED, &json!({"status": "OK"}))).await
}

async fn answer(connection: &mut Connection, response: &Response<Bytes>) -> io::Result<Flow> {
    connection.respond(response).await.map(|()| Flow::Keep)
}

pub(crate) fn error_kind(headers: &HeaderMap) -> String {
    let kind = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
    kind.unwrap_or_default().to_owned()
}
