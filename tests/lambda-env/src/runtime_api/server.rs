//! The routes of the Runtime API, and the connection that carries them. Streaming answers are read in `streaming`.

use std::{io, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;

use super::{
    desk::{Desk, InitError},
    exchange::Exchange,
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
pub(super) async fn serve(mut connection: Connection, desk: Arc<Desk>) {
    // A connection that breaks is the client's affair; what it was in the middle of has recorded its own end.
    while let Ok(Some(head)) = connection.head().await {
        connection = match route(connection, &desk, head).await {
            Ok((connection, Flow::Keep)) => connection,
            Ok((_, Flow::Close)) | Err(_) => return,
        };
    }
}

async fn route(mut connection: Connection, desk: &Arc<Desk>, head: Request<()>) -> io::Result<(Connection, Flow)> {
    let path = head.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let flow = match (head.method(), parts.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => next(&mut connection, desk).await?,
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
            return match desk.active(id) {
                Some(exchange) => streaming::receive(connection, desk, &exchange, head.headers()).await,
                None => unknown(&mut connection, desk, id, head.headers()).await.map(|flow| (connection, flow)),
            };
        }
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
            error(&mut connection, desk, id, head.headers()).await?
        }
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            let body = connection.body(head.headers()).await?;
            desk.set_init_error(InitError { kind: error_kind(head.headers()), body });
            accepted(&mut connection).await?
        }
        (_, ["2020-01-01", "extension", ..]) => extensions_api::route(&mut connection, desk, &head).await?,
        _ => {
            desk.violation(None, format!("{} {path}: no such route", head.method()));
            connection.body(head.headers()).await?;
            let body = json!({"errorType": "Runtime.NotFound", "errorMessage": "no such route"});
            answer(&mut connection, &wire::json(StatusCode::NOT_FOUND, &body)).await?
        }
    };
    Ok((connection, flow))
}

async fn next(connection: &mut Connection, desk: &Arc<Desk>) -> io::Result<Flow> {
    let Ok((ticket, mut slot)) = desk.ask_next().await else {
        let body = json!({"errorType": "InvalidStateTransition", "errorMessage": "Transition from Running to Ready is not allowed"});
        return answer(connection, &wire::json(StatusCode::FORBIDDEN, &body)).await;
    };
    let exchange = tokio::select! {
        biased;
        exchange = &mut slot => exchange.ok(),
        () = connection.gone() => {
            desk.withdraw(ticket);
            slot.close();
            if let Ok(exchange) = slot.try_recv() {
                desk.give_back(exchange);
            }
            None
        }
    };
    let Some(exchange) = exchange else {
        return Ok(Flow::Close);
    };
    match connection.respond(&event(desk, &exchange)).await {
        Ok(()) => Ok(Flow::Keep),
        Err(error) => {
            desk.give_back(exchange);
            Err(error)
        }
    }
}

fn event(desk: &Desk, exchange: &Exchange) -> Response<Bytes> {
    let mut response = wire::reply(StatusCode::OK, "application/json", exchange.event.clone());
    let deadline = exchange.with(|record| record.deadline_ms).to_string();
    let fields = [
        ("lambda-runtime-aws-request-id", Some(exchange.request_id.clone())),
        ("lambda-runtime-deadline-ms", Some(deadline)),
        ("lambda-runtime-invoked-function-arn", Some(desk.function.arn())),
        ("lambda-runtime-invocation-id", Some(exchange.invocation_id.clone())),
        ("lambda-runtime-trace-id", exchange.trace.clone()),
        ("lambda-runtime-aws-tenant-id", exchange.tenant.clone()),
    ];
    for (name, value) in fields {
        // A trace header that is no header value cannot be sent by Lambda either.
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn error(connection: &mut Connection, desk: &Arc<Desk>, id: &str, headers: &HeaderMap) -> io::Result<Flow> {
    let Some(exchange) = desk.active(id) else {
        return unknown(connection, desk, id, headers).await;
    };
    let body = connection.body(headers).await?;
    if is_stale(&exchange, headers) {
        desk.finish(&exchange, Outcome::Refused(StatusCode::GONE));
        return answer(connection, &gone()).await;
    }
    if exchange.with(|record| record.answered.is_some()) {
        desk.violation(Some(id), "answered on /error after it had begun a response".to_owned());
    }
    desk.finish(&exchange, Outcome::Error { kind: error_kind(headers), body });
    accepted(connection).await
}

async fn unknown(connection: &mut Connection, desk: &Desk, id: &str, headers: &HeaderMap) -> io::Result<Flow> {
    desk.violation(Some(id), "answered an invocation that is not under way".to_owned());
    connection.body(headers).await?;
    let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
    answer(connection, &wire::json(StatusCode::BAD_REQUEST, &body)).await
}

/// Whether the runtime's echo names another invocation. A runtime that does not echo is taken as it is.
pub(super) fn is_stale(exchange: &Exchange, headers: &HeaderMap) -> bool {
    let echo = headers.get("lambda-runtime-invocation-id");
    exchange.stale || echo.is_some_and(|echo| echo.as_bytes() != exchange.invocation_id.as_bytes())
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
