//! The Telemetry API (2022-07-01): an extension subscribes during the init phase, and is sent what the platform has to tell and what processes write, by
//! HTTP, in batches. Layers of others need it: they ask for their next event once `platform.runtimeDone` has come.

mod delivery;
mod event;
mod subscribers;
mod subscription;

pub(crate) use event::{Event, Invoked, Kind};
pub(crate) use subscribers::Subscribers;

use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};
use http_body_util::Full;
use serde_json::json;

use crate::{runtime_api::InvocationQueue, wire};
use subscription::{Subscription, Unusable};

/// Answers a subscription.
pub(crate) fn subscribe(queue: &InvocationQueue, head: &Parts, body: &[u8]) -> Response<Full<Bytes>> {
    let identifier = head.headers.get("lambda-extension-identifier").and_then(|value| value.to_str().ok());
    let Some(name) = queue.extensions(|extensions| extensions.name(identifier.unwrap_or_default())) else {
        let body = json!({"errorType": "Extension.UnknownExtensionIdentifier", "errorMessage": "not registered"});
        return wire::json(StatusCode::FORBIDDEN, &body);
    };
    match Subscription::parse(body, queue.function.is_managed()) {
        Ok(subscription) => {
            let event = Event::subscription(&name, &subscription.types());
            queue.subscribers.add(subscription);
            queue.subscribers.tell_of_init(event);
            wire::json(StatusCode::OK, &json!("OK"))
        }
        // What AWS's own emulator says where there is no such API: extensions go on without it.
        Err(error @ Unusable::Protocol) => {
            let body = json!({"errorType": "Telemetry.NotSupported", "errorMessage": error.to_string()});
            wire::json(StatusCode::ACCEPTED, &body)
        }
        Err(error) => {
            queue.violation(None, format!("extension {name:?} subscribed to telemetry: {error}"));
            let body = json!({"errorType": "ValidationError", "errorMessage": error.to_string()});
            wire::json(StatusCode::BAD_REQUEST, &body)
        }
    }
}
