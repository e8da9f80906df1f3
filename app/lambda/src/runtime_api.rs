//! Paths and headers of the Runtime API (2018-06-01), and of the Extensions API (2020-01-01) at the same address.

use crate::{
    Address,
    connection::{ConnectionError, Http1Connection},
    error_report::ErrorReport,
    post_body::PostBody,
};
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{CONTENT_TYPE, HOST, TRAILER, USER_AGENT},
};
use http_body_util::{Empty, Full};

const RUNTIME: &str = "/2018-06-01/runtime";
const EXTENSION: &str = "/2020-01-01/extension";
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
pub(crate) const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const EXTENSION_NAME: HeaderName = HeaderName::from_static("lambda-extension-name");

/// The Runtime API at one address.
pub(crate) struct RuntimeApi(Address);

/// The invocation that a response belongs to.
pub(crate) struct InvocationRef {
    pub(crate) request_id: String,
    /// Echoed, so that the Runtime API can turn away an answer that comes too late.
    pub(crate) invocation_id: Option<HeaderValue>,
}

impl RuntimeApi {
    pub(crate) const EXTENSION_IDENTIFIER: HeaderName = HeaderName::from_static("lambda-extension-identifier");

    pub(crate) const fn new(address: Address) -> Self {
        Self(address)
    }

    /// Host and port, to connect to.
    pub(crate) fn authority(&self) -> &str {
        self.0.authority()
    }

    pub(crate) fn next_request(&self) -> Request<Empty<Bytes>> {
        self.request(Method::GET, RUNTIME, "/invocation/next", Empty::new())
    }

    pub(crate) fn register_request(&self) -> Request<Full<Bytes>> {
        let body = Full::from(Bytes::from_static(br#"{"events":[]}"#));
        let mut request = self.request(Method::POST, EXTENSION, "/register", body);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(EXTENSION_NAME, HeaderValue::from_static(env!("CARGO_PKG_NAME")));
        request
    }

    pub(crate) fn extension_next_request(&self, identifier: &HeaderValue) -> Request<Full<Bytes>> {
        let mut request = self.request(Method::GET, EXTENSION, "/event/next", Full::default());
        request.headers_mut().insert(Self::EXTENSION_IDENTIFIER, identifier.clone());
        request
    }

    /// Streams a response to its end.
    pub(crate) async fn respond(&self, to: &InvocationRef, body: PostBody) -> Result<(), ConnectionError> {
        let path = format!("/invocation/{}/response", to.request_id);
        // Boxed, because hyper keeps room for 32 requests of a connection, bodies included.
        let mut request = self.request(Method::POST, RUNTIME, &path, Box::new(body));
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/vnd.awslambda.http-integration-response"));
        headers.insert(RESPONSE_MODE, HeaderValue::from_static("streaming"));
        headers.insert(TRAILER, HeaderValue::from_static(PostBody::TRAILERS));
        to.echo(&mut request);
        Http1Connection::open(self.authority()).await?.send(request).await
    }

    /// Reports that an invocation failed before its response began.
    pub(crate) async fn error(&self, to: &InvocationRef, report: &ErrorReport<'_>) -> Result<(), ConnectionError> {
        let path = format!("/invocation/{}/error", to.request_id);
        let mut request = self.error_request(&path, report);
        to.echo(&mut request);
        Http1Connection::open(self.authority()).await?.send(request).await
    }

    /// Reports that the function cannot start. Nothing more can be done if that fails, too.
    pub(crate) async fn init_error(&self, error: &(dyn std::error::Error + Sync)) {
        let request = self.error_request("/init/error", &ErrorReport::new("Runtime.InitError", &error.to_string()));
        let sent = async { Http1Connection::open(self.authority()).await?.send(request).await };
        if let Err(error) = sent.await {
            tracing::error!("the Runtime API did not accept the report of a failed start: {error}");
        }
    }

    fn error_request(&self, path: &str, report: &ErrorReport<'_>) -> Request<Full<Bytes>> {
        let mut request = self.request(Method::POST, RUNTIME, path, Full::from(report.to_json()));
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(error_type) = HeaderValue::from_str(report.error_type) {
            headers.insert(ERROR_TYPE, error_type);
        }
        request
    }

    fn request<B>(&self, method: Method, root: &str, path: &str, body: B) -> Request<B> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        // A request id that is not valid in a path would be a violation of the protocol by the Runtime API: it responds
        // with 404 then.
        *request.uri_mut() = format!("{}{root}{path}", self.0.base()).parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(HOST, self.0.host().clone());
        let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
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
