//! The two protocols: which operation a request asks for, and how answers and errors are written. It does nothing.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request::Parts};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{cbor, dynamodb::ServiceError};
use crate::wire;

const DYNAMODB: &str = "DynamoDB";
const CLOUDWATCH: &str = "CloudWatch";
const JSON: &str = "application/x-amz-json-1.0";
const CBOR: &str = "application/cbor";
/// DynamoDB's own prefix of error types.
const DYNAMODB_ERROR: &str = "com.amazonaws.dynamodb.v20120810#";

/// A request, read.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) service: &'static str,
    pub(super) operation: String,
    pub(super) arguments: Value,
    pub(super) compressed: bool,
    /// What is wrong with the request, if it cannot be done.
    pub(super) problem: Option<ServiceError>,
}

impl Asked {
    pub(super) fn read(head: &Parts, body: &[u8]) -> Self {
        let compressed =
            text(&head.headers, header::CONTENT_ENCODING.as_str()).is_some_and(|coding| coding.contains("gzip"));
        let plain = if compressed { gunzip(body) } else { Ok(body.to_vec()) };
        let (service, operation) = operation(head);
        let decoded = plain.and_then(|plain| match service {
            DYNAMODB => serde_json::from_slice(&plain).map_err(|error| error.to_string()),
            _ => cbor::decode(&plain),
        });
        let (arguments, mut problem) = match decoded {
            Ok(arguments) => (arguments, None),
            Err(what) => (Value::Null, Some(ServiceError::new(400, "SerializationException", &what))),
        };
        if operation.is_empty() {
            problem = Some(ServiceError::new(404, "UnknownOperationException", head.uri.path()));
        }
        Self { service, operation, arguments, compressed, problem }
    }

    pub(super) fn success(&self, body: &Value, request_id: &str) -> Response<Full<Bytes>> {
        match self.service {
            DYNAMODB => identified(wire::reply(StatusCode::OK, JSON, body.to_string()), request_id),
            _ => smithy(wire::reply(StatusCode::OK, CBOR, cbor::texts(&[])), request_id),
        }
    }

    pub(super) fn error(&self, error: &ServiceError, request_id: &str) -> Response<Full<Bytes>> {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if self.service == DYNAMODB {
            let body = json!({"__type": format!("{DYNAMODB_ERROR}{}", error.code), "message": error.message});
            return identified(wire::reply(status, JSON, body.to_string()), request_id);
        }
        let body = cbor::texts(&[("__type", &error.code), ("message", &error.message)]);
        let mut response = smithy(wire::reply(status, CBOR, body), request_id);
        let side = if error.status < 500 { "Sender" } else { "Receiver" };
        // CloudWatch came from the query protocol; clients take the code of that one from here.
        if let Ok(code) = HeaderValue::from_str(&format!("{};{side}", error.code)) {
            response.headers_mut().insert("x-amzn-query-error", code);
        }
        response
    }

    /// The service's own error for this kind of failure.
    pub(super) fn throttled(&self) -> ServiceError {
        match self.service {
            DYNAMODB => ServiceError::new(
                400,
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded",
            ),
            _ => ServiceError::new(400, "Throttling", "Rate exceeded"),
        }
    }

    pub(super) fn broken(&self) -> ServiceError {
        let code = if self.service == DYNAMODB { "InternalServerError" } else { "InternalServiceError" };
        ServiceError::new(500, code, "Internal server error")
    }

    pub(super) fn denied(&self) -> ServiceError {
        let (status, code) =
            if self.service == DYNAMODB { (400, "AccessDeniedException") } else { (403, "AccessDenied") };
        let message = format!("User is not authorized to perform: {}:{}", self.service.to_lowercase(), self.operation);
        ServiceError::new(status, code, &message)
    }

    pub(super) fn table(&self) -> Option<&str> {
        self.arguments["TableName"].as_str()
    }
}

fn operation(head: &Parts) -> (&'static str, String) {
    if let Some(target) = text(&head.headers, "x-amz-target") {
        return (DYNAMODB, target.strip_prefix("DynamoDB_20120810.").unwrap_or_default().to_owned());
    }
    let parts: Vec<&str> = head.uri.path().split('/').collect();
    let operation = match parts.as_slice() {
        ["", "service", "GraniteServiceVersion20100801", "operation", operation] => operation,
        _ => "",
    };
    (CLOUDWATCH, operation.to_owned())
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn gunzip(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    GzDecoder::new(body).read_to_end(&mut plain).map_err(|error| error.to_string())?;
    Ok(plain)
}

fn smithy(response: Response<Full<Bytes>>, request_id: &str) -> Response<Full<Bytes>> {
    let mut response = identified(response, request_id);
    response.headers_mut().insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    response
}

fn identified(mut response: Response<Full<Bytes>>, request_id: &str) -> Response<Full<Bytes>> {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
