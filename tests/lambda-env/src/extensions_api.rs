//! The Extensions API (2020-01-01): register, event/next, init/error, exit/error. It shares port and queue with the
//! Runtime API; an environment is idle only when every extension waits in `event/next` as well.

mod registry;

pub use registry::ExtensionState;
pub(crate) use registry::Extensions;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, request::Parts};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::{
    runtime_api::{InvocationQueue, error_kind},
    wire::{self, Answer, Unanswered},
};

const NAME: &str = "lambda-extension-name";
const IDENTIFIER: &str = "lambda-extension-identifier";

/// Answers one request under `/2020-01-01/extension`.
pub(crate) async fn route(queue: &Arc<InvocationQueue>, head: &Parts, body: Bytes) -> Answer {
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let identifier = header(IDENTIFIER).to_owned();
    Ok(match (head.method.as_str(), head.uri.path().trim_start_matches("/2020-01-01/extension/")) {
        ("POST", "register") => register(queue, header(NAME), &body),
        ("GET", "event/next") => return next(queue, &identifier).await,
        ("POST", "init/error" | "exit/error") => {
            let kind = error_kind(&head.headers);
            let text = String::from_utf8_lossy(&body).into_owned();
            if queue.extensions(|extensions| extensions.failed(&identifier, &kind, text)) {
                wire::json(StatusCode::ACCEPTED, &json!({"status": "OK"}))
            } else {
                unknown()
            }
        }
        _ => wire::json(StatusCode::NOT_FOUND, &json!({"errorType": "Extension.NotFound"})),
    })
}

fn register(queue: &InvocationQueue, name: &str, body: &[u8]) -> Response<Full<Bytes>> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let events: Vec<&str> = asked["events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if name.is_empty() || events.iter().any(|event| !matches!(*event, "INVOKE" | "SHUTDOWN")) {
        queue.violation(None, format!("extension {name:?} registered for {events:?}"));
        let body = json!({"errorType": "Extension.InvalidRequest", "errorMessage": "name or events"});
        return wire::json(StatusCode::BAD_REQUEST, &body);
    }
    if queue.function.is_managed() && events.contains(&"INVOKE") {
        let body = json!({"errorType": "Extension.InvalidEventType", "errorMessage": "INVOKE is not to be had here"});
        return wire::json(StatusCode::FORBIDDEN, &body);
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

async fn next(queue: &Arc<InvocationQueue>, identifier: &str) -> Answer {
    let Some(event) = queue.extensions(|extensions| extensions.ask_next(identifier)) else {
        queue.violation(None, "event/next without a registered extension's identifier".to_owned());
        return Ok(unknown());
    };
    queue.tell_of_phases();
    let event = event.await.map_err(|_| Unanswered)?;
    let mut response = wire::json(StatusCode::OK, &event);
    if let Ok(identifier) = HeaderValue::from_str(&queue.ids.uuid()) {
        response.headers_mut().insert("lambda-extension-event-identifier", identifier);
    }
    Ok(response)
}

fn unknown() -> Response<Full<Bytes>> {
    let body = json!({"errorType": "Extension.UnknownExtensionIdentifier", "errorMessage": "not registered"});
    wire::json(StatusCode::FORBIDDEN, &body)
}
