//! The Runtime API's address, paths and headers (2018-06-01), and its error reports.

use super::{
    body::PostBody,
    connection::{ConnectionError, Http1Connection},
};
use crate::{config::runtime_api, handler::Body};
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{CONTENT_TYPE, HOST, TRAILER, USER_AGENT},
};
use http_body_util::{Empty, Full};
use serde::Serialize;

const ROOT: &str = "/2018-06-01/runtime";
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
pub(super) const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");

/// The Runtime API at one address.
pub struct RuntimeApi {
    address: String,
    /// In front of every path; empty on Lambda.
    base: String,
    host: HeaderValue,
}

/// Which invocation is answered.
pub(super) struct InvocationRef {
    pub(super) request_id: String,
    /// Echoed, so that the Runtime API can turn away an answer that comes too late.
    pub(super) invocation_id: Option<HeaderValue>,
}

/// The form of every error report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorReport<'a> {
    pub(super) error_type: &'a str,
    pub(super) error_message: &'a str,
    pub(super) stack_trace: [&'a str; 0],
}

impl<'a> ErrorReport<'a> {
    pub(super) const fn new(error_type: &'a str, error_message: &'a str) -> Self {
        Self { error_type, error_message, stack_trace: [] }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        // Texts only: nothing can fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl RuntimeApi {
    /// At what `AWS_LAMBDA_RUNTIME_API` says.
    pub fn new(address: &str) -> Self {
        let (address, base) = runtime_api::parts(address).unwrap_or((address, ""));
        Self {
            address: address.to_owned(),
            base: base.to_owned(),
            // The address was checked with the configuration.
            host: HeaderValue::from_str(address).unwrap_or_else(|_| HeaderValue::from_static("localhost")),
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn next_request(&self) -> Request<Empty<Bytes>> {
        self.request(Method::GET, "/invocation/next", Empty::new())
    }

    /// Streams a response to its end.
    pub(super) async fn respond(&self, target: &InvocationRef, handled: Response) -> Result<(), ConnectionError> {
        let path = format!("/invocation/{}/response", target.request_id);
        let mut request = self.request(Method::POST, &path, handled.0);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/vnd.awslambda.http-integration-response"));
        headers.insert(RESPONSE_MODE, HeaderValue::from_static("streaming"));
        headers.insert(TRAILER, HeaderValue::from_static(PostBody::TRAILERS));
        target.echo(&mut request);
        Http1Connection::open(&self.address).await?.send(request).await
    }

    /// Reports that an invocation failed before its response began.
    pub(super) async fn error(&self, target: &InvocationRef, report: &ErrorReport<'_>) -> Result<(), ConnectionError> {
        let path = format!("/invocation/{}/error", target.request_id);
        let mut request = self.error_request(&path, report);
        target.echo(&mut request);
        Http1Connection::open(&self.address).await?.send(request).await
    }

    /// Reports that the function cannot start. Nothing more can be done if that fails, too.
    pub(super) async fn init_error(&self, error: &(dyn std::error::Error + Sync)) {
        let request = self.error_request("/init/error", &ErrorReport::new("Runtime.InitError", &error.to_string()));
        let sent = async { Http1Connection::open(&self.address).await?.send(request).await };
        if let Err(error) = sent.await {
            tracing::error!("the Runtime API did not take the init error: {error}");
        }
    }

    fn error_request(&self, path: &str, report: &ErrorReport<'_>) -> Request<Full<Bytes>> {
        let mut request = self.request(Method::POST, path, Full::from(report.to_json()));
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(kind) = HeaderValue::from_str(report.error_type) {
            headers.insert(ERROR_TYPE, kind);
        }
        request
    }

    fn request<B>(&self, method: Method, path: &str, body: B) -> Request<B> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        // A request id that is no path would be the Runtime API's own breach of its protocol: it answers 404 to this.
        *request.uri_mut() = format!("{}{ROOT}{path}", self.base).parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("sse-streaming/", env!("CARGO_PKG_VERSION"))));
        request
    }
}

impl InvocationRef {
    fn echo<B>(&self, request: &mut Request<B>) {
        if let Some(id) = &self.invocation_id {
            request.headers_mut().insert(INVOCATION_ID, id.clone());
        }
    }
}

/// A response in the form of the wire.
pub(super) struct Response(PostBody);

impl Response {
    /// Takes the head and the body of what was handled; its work is the caller's.
    pub(super) fn new(status: http::StatusCode, headers: &http::HeaderMap, body: Body) -> Self {
        Self(PostBody::new(status, headers, body))
    }
}
