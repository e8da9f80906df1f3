//! One request: the page, or an invocation of the handler.

use super::{
    body::ServedBody,
    cors, host,
    site::{CutAt, Site},
    trace_header,
};
use crate::{
    handler::{self, Body, Completion, HandlerResponse, HttpError, Request},
    operator_log,
};
use bytes::Bytes;
use futures::FutureExt;
use http::{
    HeaderValue, Method, Response, StatusCode, Version,
    header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE},
};
use hyper::body::Incoming;
use lambda_trace::{EndReason, InvocationStart};
use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};

const PAGE: &str = include_str!("../page/index.html");
/// The body ends no later than this before the deadline, drained or cut, in milliseconds.
const CUT_BEFORE_DEADLINE: Duration = Duration::from_millis(500);

type Answer = Response<ServedBody>;

pub(super) async fn respond(
    site: Arc<Site>,
    request: http::Request<Incoming>,
    cut_at: Arc<CutAt>,
) -> Result<Answer, Infallible> {
    let version = request.version();
    let mut answer = answer(&site, request, &cut_at).await;
    if version == Version::HTTP_10 {
        // Whatever such a client asks for: a body without a length ends with its connection, and hyper would announce both
        // that and the opposite.
        *answer.version_mut() = version;
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(answer)
}

async fn answer(site: &Arc<Site>, request: http::Request<Incoming>, cut_at: &Arc<CutAt>) -> Answer {
    let (head, _) = request.into_parts();
    if !host::is_local(&head.uri, &head.headers) {
        return misdirected();
    }
    if let Some(headers) = cors::preflight(&head.method, &head.headers) {
        let mut answer = Answer::new(ServedBody::plain(Bytes::new()));
        *answer.status_mut() = StatusCode::NO_CONTENT;
        *answer.headers_mut() = headers;
        return answer;
    }
    let cors = cors::headers(&head.headers);
    let request = Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
    };
    let here = match (handler::segments(&request.path).as_slice(), &site.spans) {
        ([""], _) => Some((Bytes::from_static(PAGE.as_bytes()), "text/html; charset=utf-8")),
        (["_local", "spans"], Some(spans)) => Some((spans.to_json().into(), "application/json")),
        _ => None,
    };
    let mut answer = match here {
        Some((body, content_type)) if request.method == Method::GET => local(body, content_type),
        Some(_) => not_allowed(),
        None => invoke(site, &request, cut_at).await,
    };
    answer.headers_mut().extend(cors);
    answer
}

/// The page and its data, for the person who started this program: not an invocation.
fn local(body: Bytes, content_type: &'static str) -> Answer {
    let mut answer = Answer::new(ServedBody::plain(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The request names another host than this machine: a page from elsewhere whose name was made to resolve to loopback (DNS
/// rebinding) could otherwise read the spans and the table's data.
fn misdirected() -> Answer {
    let mut answer = local(handler::json_error(&"this server answers to loopback names only"), "application/json");
    *answer.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    answer
}

fn not_allowed() -> Answer {
    let mut answer = local(handler::json_error(&HttpError::Method), "application/json");
    *answer.status_mut() = HttpError::Method.status();
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    answer
}

async fn invoke(site: &Arc<Site>, request: &Request, cut_at: &Arc<CutAt>) -> Answer {
    let (service, ports) = (&site.service, &site.service.ports);
    let now = ports.clock.now();
    let given = request.headers.get("x-amzn-trace-id").map(|value| value.to_str().unwrap_or_default().to_owned());
    let trace = given.unwrap_or_else(|| trace_header::invent(now, &*ports.random));
    let request_id: Arc<str> = trace_header::request_id(&*ports.random).into();
    let deadline = now.plus(site.timeout);
    let begin = InvocationStart {
        context: service.trace_context(Some(&trace)),
        request_id: request_id.clone(),
        deadline,
        is_cold_start: service.is_cold_start(),
    };
    let Ok(handled) = AssertUnwindSafe(handler::handle(service, request, begin)).catch_unwind().await else {
        return failed();
    };
    let HandlerResponse { status, headers, body, work } = handled;
    let is_stream = matches!(body, Body::Events(_));
    let busy = site.busy();
    match work {
        // Runs once this task has handed the response to the socket: tasks of one thread take turns.
        Completion::AfterResponse(work) => drop(tokio::spawn(async move {
            let _settled = work.await;
            drop(busy);
        })),
        Completion::WithResponse(work) => {
            let (clock, cut_at) = (ports.clock.clone(), cut_at.clone());
            if is_stream {
                cut_at.send_replace(deadline.minus(CUT_BEFORE_DEADLINE));
            }
            drop(tokio::spawn(async move {
                let (_settled, summary) = work.await;
                if is_stream && summary.reason == EndReason::ClientDisconnected {
                    cut_at.send_replace(clock.now());
                }
                operator_log::stream_ended(&request_id, &summary);
                drop(busy);
            }));
        }
    }
    let mut answer = Answer::new(ServedBody::new(body));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    if is_stream {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// A panic in the handler: its invocation closed itself.
fn failed() -> Answer {
    let mut answer = Answer::new(ServedBody::plain(handler::json_error(&"internal error")));
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
