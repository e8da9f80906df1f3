//! From a Function URL event (payload format 2.0) to a request. Anything else is refused with a clear text, which quotes
//! nothing of the event: an event holds tokens.

use crate::handler::Request;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;

/// Not an event for this function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadEvent {
    #[error("the event is not JSON")]
    NotJson,
    #[error("this function answers Function URL events (payload format 2.0); the event is of another kind")]
    OtherKind,
    #[error("this function answers Function URL events of payload format 2.0; the event has another version")]
    OtherVersion,
}

impl BadEvent {
    /// The error type of the report.
    pub(super) const TYPE: &'static str = "Runtime.UnsupportedEvent";
}

pub(super) fn request(payload: &[u8]) -> Result<Request, BadEvent> {
    let event: ApiGatewayV2httpRequest = serde_json::from_slice(payload).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => BadEvent::OtherKind,
        _ => BadEvent::NotJson,
    })?;
    if event.version.as_deref() != Some("2.0") {
        return Err(BadEvent::OtherVersion);
    }
    Ok(Request {
        method: event.request_context.http.method,
        path: event.raw_path.ok_or(BadEvent::OtherKind)?,
        query: event.raw_query_string.unwrap_or_default(),
        headers: event.headers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event() -> Value {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/api/v2/stream", "rawQueryString": "tickers=A%2CB",
            "cookies": ["a=b"],
            "headers": {"accept": "text/event-stream", "user-agent": "Zoë/1.0"},
            "requestContext": {
                "accountId": "anonymous", "apiId": "x", "domainName": "x.lambda-url.eu-central-1.on.aws",
                "domainPrefix": "x",
                "http": {"method": "GET", "path": "/api/v2/stream", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                         "userAgent": "Zoë/1.0"},
                "requestId": "r", "routeKey": "$default", "stage": "$default",
                "time": "22/Nov/2026:08:00:00 +0000", "timeEpoch": 1_795_334_400_000_u64
            },
            "isBase64Encoded": false
        })
    }

    fn read(event: &Value) -> Result<Request, BadEvent> {
        request(event.to_string().as_bytes())
    }

    #[test]
    fn a_function_url_event_is_a_request() {
        let request = read(&event()).expect("a request");
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/api/v2/stream"));
        assert_eq!(request.query, "tickers=A%2CB");
        assert_eq!(request.headers["accept"], "text/event-stream");
        assert!(request.headers.contains_key("user-agent"), "text beyond ASCII spoils nothing");
    }

    #[test]
    fn what_may_be_missing_may_be_missing() {
        let mut event = event();
        for name in ["rawQueryString", "headers", "cookies", "routeKey"] {
            event.as_object_mut().unwrap().remove(name);
        }
        assert!(read(&event).is_ok());
    }

    #[test]
    fn anything_else_is_refused_and_not_quoted() {
        let mut old = event();
        old["version"] = "1.0".into();
        let mut unversioned = event();
        unversioned.as_object_mut().unwrap().remove("version");
        let mut pathless = event();
        pathless.as_object_mut().unwrap().remove("rawPath");
        for (payload, refusal) in [
            (old.to_string(), BadEvent::OtherVersion),
            (unversioned.to_string(), BadEvent::OtherVersion),
            (pathless.to_string(), BadEvent::OtherKind),
            (json!({"Records": [{"eventSource": "aws:sqs"}]}).to_string(), BadEvent::OtherKind),
            ("{\"a\":".to_owned(), BadEvent::NotJson),
            (String::new(), BadEvent::NotJson),
            ("null".to_owned(), BadEvent::OtherKind),
        ] {
            assert_eq!(request(payload.as_bytes()).err(), Some(refusal), "{payload}");
        }
    }
}
