//! The Extensions API (2020-01-01): register, event/next, init/error, exit/error. It shares the Runtime API's port and
//! queue; an environment is idle only when every extension waits in `event/next` too.

mod registry;

pub use registry::ExtensionState;
pub(crate) use registry::Extensions;

use std::{io, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    runtime_api::{Flow, InvocationQueue, error_kind},
    wire::{self, Connection},
};

const NAME: &str = "lambda-extension-name";
const IDENTIFIER: &str = "lambda-extension-identifier";

/// Answers one request under `/2020-01-01/extension`.
pub(crate) async fn route(
    connection: &mut Connection,
    queue: &Arc<InvocationQueue>,
    head: &Request<()>,
) -> io::Result<Flow> {
    let body = connection.body(head.headers()).await?;
    let header = |name| head.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let identifier = header(IDENTIFIER).to_owned();
    let response = match (head.method().as_str(), head.uri().path().trim_start_matches("/2020-01-01/extension/")) {
        ("POST", "register") => register(queue, header(NAME), &body),
        ("GET", "event/next") => return next(connection, queue, &identifier).await,
        ("POST", "init/error" | "exit/error") => {
            let kind = error_kind(head.headers());
            let text = String::from_utf8_lossy(&body).into_owned();
            if queue.extensions(|extensions| extensions.failed(&identifier, &kind, text)) {
                wire::json(StatusCode::ACCEPTED, &json!({"status": "OK"}))
            } else {
                unknown()
            }
        }
        _ => wire::json(StatusCode::NOT_FOUND, &json!({"errorType": "Extension.NotFound"})),
    };
    connection.respond(&response).await.map(|()| Flow::Keep)
}

fn register(queue: &InvocationQueue, name: &str, body: &[u8]) -> Response<Bytes> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let events: Vec<&str> = asked["events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if name.is_empty() || events.iter().any(|event| !matches!(*event, "INVOKE" | "SHUTDOWN")) {
        queue.violation(None, format!("extension {name:?} registered for {events:?}"));
        let body = json!({"errorType": "Extension.InvalidRequest", "errorMessage": "name or events"});
        return wire::json(StatusCode::BAD_REQUEST, &body);
    }
    let identifier = queue.ids.uuid();
    queue.extensions(|extensions| extensions.register(&identifier, name, &events));
    let function = &queue.function;
    let body = json!({
        "functionName": function.name,
        "functionVersion": function.version,
        "handler": function.handler,
        "accountId": function.account,
    });
    let mut response = wire::json(StatusCode::OK, &body);
    if let Ok(identifier) = HeaderValue::from_str(&identifier) {
        response.headers_mut().insert(IDENTIFIER, identifier);
    }
    response
}

async fn next(connection: &mut Connection, queue: &Arc<InvocationQueue>, identifier: &str) -> io::Result<Flow> {
    let Some(event) = queue.extensions(|extensions| extensions.ask_next(identifier)) else {
        queue.violation(None, "event/next without a registered extension's identifier".to_owned());
        return connection.respond(&unknown()).await.map(|()| Flow::Keep);
    };
    let event = tokio::select! {
        event = event => event.ok(),
        () = connection.gone() => None,
    };
    let Some(event) = event else { return Ok(Flow::Close) };
    let mut response = wire::json(StatusCode::OK, &event);
    if let Ok(identifier) = HeaderValue::from_str(&queue.ids.uuid()) {
        response.headers_mut().insert("lambda-extension-event-identifier", identifier);
    }
    connection.respond(&response).await.map(|()| Flow::Keep)
}

fn unknown() -> Response<Bytes> {
    let body = json!({"errorType": "Extension.UnknownExtensionIdentifier", "errorMessage": "not registered"});
    wire::json(StatusCode::FORBIDDEN, &body)
}
