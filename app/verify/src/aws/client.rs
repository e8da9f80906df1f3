//! One signed call, which is repeated when AWS throttles it, with an error that says what to do.

use super::{CallError, Permission, endpoint::Endpoints, endpoint::Service, sign::sign_request};
use crate::{ports::Ports, redact::redact};
use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderMap, Method, Request};
use serde_json::Value;
use std::time::Duration;

/// Attempts of one call.
const ATTEMPTS_MAX: u32 = 4;
/// Before the second attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// One attempt.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(15);

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) service: Service,
    pub(crate) permission: Permission,
    pub(crate) method: Method,
    /// With its query.
    pub(crate) path: String,
    /// The operation of a JSON 1.0 or 1.1 protocol.
    pub(crate) target: Option<(&'static str, &'static str)>,
    pub(crate) body: Option<Value>,
}

impl Operation {
    /// Of a REST protocol, that reads.
    pub(crate) fn get(service: Service, permission: Permission, path: String) -> Self {
        Self { service, permission, method: Method::GET, path, target: None, body: None }
    }

    /// Of a REST protocol, with a body.
    pub(crate) fn post(service: Service, permission: Permission, path: &str, body: Value) -> Self {
        Self { service, permission, method: Method::POST, path: path.to_owned(), target: None, body: Some(body) }
    }

    /// Of a JSON protocol: content type and target.
    pub(crate) fn json(
        service: Service,
        permission: Permission,
        target: (&'static str, &'static str),
        body: Value,
    ) -> Self {
        Self { target: Some(target), ..Self::post(service, permission, "/", body) }
    }
}

/// The client of one region.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    pub(crate) ports: Ports,
    pub(crate) region: String,
    pub(crate) endpoints: Endpoints,
}

impl Aws {
    /// Makes the call.
    pub(crate) async fn call(&self, operation: &Operation) -> Result<Value, CallError> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            match self.attempt(operation).await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS_MAX => self.pause(pause).await,
                outcome => return outcome,
            }
            attempt += 1;
            pause *= 2;
        }
    }

    /// Waits.
    pub(crate) async fn pause(&self, pause: Duration) {
        let until = self.ports.clock.now().plus(pause);
        self.ports.clock.sleep_until(until).await;
    }

    async fn attempt(&self, operation: &Operation) -> Result<Value, CallError> {
        let action = operation.permission.action;
        let credentials = self.ports.credentials.credentials().await;
        let credentials = credentials.map_err(|error| CallError::Credentials { action, text: error.to_string() })?;
        let secrets = [Some(credentials.secret_access_key()), credentials.session_token()];
        let unreachable = |text: String| CallError::Unreachable { action, text };
        let now = self.ports.clock.now();
        let mut request = self.request(operation).map_err(unreachable)?;
        sign_request(&mut request, &credentials, &self.region, operation.service.signing_name(), now)
            .map_err(unreachable)?;
        let exchange = Box::pin(async {
            let mut answer = self.ports.http.send(request).await?;
            let body = answer.read().await?;
            Ok::<_, crate::ports::TransportError>((answer.status, answer.headers, body))
        });
        let limit = self.ports.clock.sleep_until(now.plus(ATTEMPT_LIMIT));
        let (status, headers, body) = match select(exchange, limit).await {
            Either::Left((outcome, _)) => outcome.map_err(|error| unreachable(error.to_string()))?,
            Either::Right(_) => {
                return Err(unreachable(format!("{} in 15 s", self.endpoints.of(operation.service, &self.region))));
            }
        };
        let json = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(json);
        }
        let kind = kind(&headers, &json);
        let message =
            ["message", "Message", "errorMessage"].iter().find_map(|member| json[*member].as_str()).unwrap_or_default();
        let message = redact(message, secrets.into_iter().flatten());
        Err(CallError::of_answer(action, &self.region, status, &kind, &message))
    }

    fn request(&self, operation: &Operation) -> Result<Request<Bytes>, String> {
        let base = self.endpoints.of(operation.service, &self.region);
        let body = operation.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut request = Request::builder().method(operation.method.clone()).uri(format!("{base}{}", operation.path));
        if let Some((content_type, target)) = operation.target {
            request = request.header("content-type", content_type).header("x-amz-target", target);
        } else if operation.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        request.body(body.into()).map_err(|error| format!("{base}: {error}"))
    }
}

/// The error's name: in a header of REST protocols, else in the body, with a namespace before `#` or a page behind `:`.
fn kind(headers: &HeaderMap, json: &Value) -> String {
    let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let kind = header.or_else(|| json["__type"].as_str()).or_else(|| json["code"].as_str()).unwrap_or("error");
    let kind = kind.split(':').next().unwrap_or(kind);
    kind.rsplit('#').next().unwrap_or(kind).to_owned()
}
