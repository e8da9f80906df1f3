//! The front: which service and operation a request means, whether its caller may, and what is kept.

use crate::{LambdaForm, cloudwatch, lambda, lambda::FakeFunction, lock, logs, xray};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

/// Where the account sends its traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Destination {
    /// X-Ray's own store.
    #[default]
    XRay,
    /// `aws/spans`: `BatchGetTraces` then finds nothing.
    CloudWatchLogs,
}

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) region: String,
    pub(crate) destination: Destination,
    pub(crate) page_size: usize,
    pub(crate) lambda_form: LambdaForm,
    pub(crate) documents: Vec<(u64, Value)>,
    pub(crate) spans: Vec<(u64, Value)>,
    pub(crate) is_limit_exceeded: bool,
    pub(crate) retrievals: BTreeMap<String, xray::Retrieval>,
    pub(crate) functions: BTreeMap<String, FakeFunction>,
    pub(crate) logs: BTreeMap<String, Vec<logs::Line>>,
    pub(crate) alarms: Vec<Value>,
    denied: BTreeSet<String>,
    is_expired: bool,
    actions: BTreeSet<String>,
}

/// An answer before it is one of HTTP's.
#[derive(Debug)]
pub(crate) enum Reply {
    Ok(Value),
    Error(u16, &'static str, String),
}

/// Answers out of what is kept, at a moment.
type Answer = Box<dyn FnOnce(&mut State, u64) -> Reply>;

/// What a request asks for: the IAM action, and what answers it.
pub(crate) struct Asked {
    pub(crate) action: &'static str,
    pub(crate) answer: Answer,
}

/// The stand-in. Clones share what they keep.
#[derive(Clone, Debug)]
pub struct FakeAwsControl(Arc<Mutex<State>>);

impl FakeAwsControl {
    /// An empty account in a region. Calls that are signed for another region find nothing.
    pub fn new(region: &str) -> Self {
        Self(Arc::new(Mutex::new(State { region: region.to_owned(), page_size: 100, ..State::default() })))
    }

    /// Keeps a segment document, to be handed out from a moment on.
    pub fn put_document(&self, visible_from_ms: u64, document: Value) {
        lock(&self.0).documents.push((visible_from_ms, document));
    }

    /// Keeps a span that came as such, in the form of the log group `aws/spans`: X-Ray's own store never has it.
    pub fn put_span(&self, visible_from_ms: u64, span: Value) {
        lock(&self.0).spans.push((visible_from_ms, span));
    }

    /// Keeps a line of a log.
    pub fn put_line(&self, group: &str, stream: &str, at_ms: u64, message: &str) {
        let line = logs::Line { stream: stream.to_owned(), at_ms, message: message.to_owned() };
        lock(&self.0).logs.entry(group.to_owned()).or_default().push(line);
    }

    /// Keeps a function.
    pub fn put_function(&self, name: &str, function: FakeFunction) {
        let mut state = lock(&self.0);
        state.logs.entry(format!("/aws/lambda/{name}")).or_default();
        state.functions.insert(name.to_owned(), function);
    }

    /// Keeps a metric alarm, in the form of `DescribeAlarms`.
    pub fn put_alarm(&self, alarm: Value) {
        lock(&self.0).alarms.push(alarm);
    }

    /// Sends traces there from now on.
    pub fn set_destination(&self, destination: Destination) {
        lock(&self.0).destination = destination;
    }

    /// Hands Lambda's own segments out in this form from now on.
    pub fn set_lambda_form(&self, form: LambdaForm) {
        lock(&self.0).lambda_form = form;
    }

    /// How many segments, spans or log events a page holds; at least one.
    pub fn set_page_size(&self, size: usize) {
        lock(&self.0).page_size = size.max(1);
    }

    /// Says of every trace that it is over its quota.
    pub fn exceed_limit(&self) {
        lock(&self.0).is_limit_exceeded = true;
    }

    /// Denies an IAM action, such as `xray:BatchGetTraces`.
    pub fn deny(&self, action: &str) {
        lock(&self.0).denied.insert(action.to_owned());
    }

    /// Every caller's token is expired.
    pub fn expire_credentials(&self) {
        lock(&self.0).is_expired = true;
    }

    /// The IAM actions that were called for.
    pub fn actions(&self) -> BTreeSet<String> {
        lock(&self.0).actions.clone()
    }

    /// Answers one request at a moment.
    pub fn answer(&self, request: &Request<Bytes>, now_ms: u64) -> Response<Bytes> {
        let mut state = lock(&self.0);
        let reply = match asked(request) {
            None => Reply::Error(404, "UnknownOperationException", format!("{} {}", request.method(), request.uri())),
            Some(asked) => {
                authorize(&mut state, request, asked.action).unwrap_or_else(|| (asked.answer)(&mut state, now_ms))
            }
        };
        response(reply)
    }
}

fn asked(request: &Request<Bytes>) -> Option<Asked> {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    match target.rsplit('.').next() {
        Some("FilterLogEvents") => return Some(logs::filter(body)),
        Some("DescribeAlarms") => return Some(cloudwatch::describe(body)),
        _ => {}
    }
    xray::asked(request.uri().path(), body).or_else(|| lambda::asked(request.uri()))
}

fn authorize(state: &mut State, request: &Request<Bytes>, action: &'static str) -> Option<Reply> {
    state.actions.insert(action.to_owned());
    let authorization =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !authorization.contains("aws4_request") {
        return Some(Reply::Error(403, "MissingAuthenticationTokenException", "Missing Authentication Token".into()));
    }
    if state.is_expired {
        return Some(Reply::Error(
            403,
            "ExpiredTokenException",
            "The security token included in the request is expired".into(),
        ));
    }
    if state.denied.contains(action) {
        let text = format!("User: arn:aws:iam::123456789012:user/u is not authorized to perform: {action}");
        return Some(Reply::Error(403, "AccessDeniedException", text));
    }
    let is_here = authorization.contains(&format!("/{}/", state.region));
    (!is_here).then(|| Reply::Error(404, "ResourceNotFoundException", "Function not found in this region".into()))
}

fn response(reply: Reply) -> Response<Bytes> {
    let (status, kind, body) = match reply {
        Reply::Ok(body) => (200, None, body),
        Reply::Error(status, kind, text) => (status, Some(kind), json!({"__type": kind, "message": text})),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    if let Some(kind) = kind.and_then(|kind| http::HeaderValue::from_str(kind).ok()) {
        response.headers_mut().insert("x-amzn-errortype", kind);
    }
    response
}
