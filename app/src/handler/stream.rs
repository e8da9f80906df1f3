//! Streams: the view, a slot, and the session; or, without a slot, the answer `busy`.

use super::{
    accept,
    answer::{describe_json, json_error},
    http_error::HttpError,
    identity,
    query::StreamRequest,
    response::{Body, Completion, HandlerResponse, Request},
    token,
};
use crate::service::Service;
use bytes::Bytes;
use futures::FutureExt;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};
use lambda_trace::{EndReason, Handler, Invocation, Streaming, Timestamp};
use sse_core::{
    event::Busy,
    identity::ConnectionId,
    plan::{Plan, View},
    ports::{ConfigurationStore, TokenError},
    sse::write_event,
    stream::{self, Summary},
    traced::{StreamRecord, TracedConfigurationStore, acquire, into_streaming},
};
use std::time::Duration;

/// A client without a slot comes back after 5 to 30 s, at random.
const BUSY_RETRY_S: (u64, u64) = (5, 30);
/// A sort key is at most 1,024 bytes long: no configuration has a longer id than fits beside its prefix.
const CONFIGURATION_ID_MAX_BYTES: usize = 1_024 - "CONFIG#".len();

/// The stream of one configuration: token first, then the lookup.
pub(super) async fn configured(
    service: &Service,
    request: &Request,
    id: &str,
    invocation: &Invocation<Handler>,
) -> Result<StreamRequest, HttpError> {
    let token = token::find(request).ok_or(HttpError::Unauthorized(TokenError::Missing))?;
    let user = service.tokens.verify(&token).map_err(HttpError::Unauthorized)?;
    let raw = service.configurations.as_ref().ok_or(HttpError::NoConfiguration)?;
    if id.len() > CONFIGURATION_ID_MAX_BYTES {
        return Err(HttpError::NoConfiguration);
    }
    let lookup = TracedConfigurationStore::new(invocation, raw);
    let answer = lookup.get(&user, id).await;
    service.tell_of_lookup(answer.as_ref().err());
    let (found, _) = answer.map_err(|_| HttpError::LookupFailed)?;
    let configuration = found.ok_or(HttpError::NoConfiguration)?;
    let view = View { tickers: Some(configuration.tickers.into_iter().collect()), metrics: false };
    Ok(StreamRequest { view, is_private: true })
}

/// Takes a slot and opens the stream, or refuses it.
pub(super) fn open(
    service: &Service,
    request: &Request,
    wanted: StreamRequest,
    invocation: Invocation<Handler>,
    deadline: Timestamp,
) -> HandlerResponse {
    let ports = &service.ports;
    let headers = stream_headers(wanted.is_private);
    let plan =
        Plan::new(service.limits, ports.clock.now(), deadline, &*ports.random, wanted.view, identity::cursor(request));
    let identity = identity::identity(request, ConnectionId::from_random(ports.random.next_u64()));
    let (invocation, record) = into_streaming(invocation, identity, plan.end_at);
    let Some(permit) = acquire(&invocation, &record, &ports.pool) else {
        return refuse(service, request, headers, invocation, &record);
    };
    let (session, reader) = stream::open(invocation, record, permit, ports.clone(), plan).split();
    HandlerResponse {
        status: StatusCode::OK,
        headers,
        body: Body::Events(reader),
        work: Completion::WithResponse(session.boxed()),
    }
}

fn stream_headers(is_private: bool) -> HeaderMap {
    let cache = if is_private { "no-store" } else { "no-cache, no-transform" };
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, cache),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect()
}

fn refuse(
    service: &Service,
    request: &Request,
    headers: HeaderMap,
    invocation: Invocation<Streaming>,
    record: &StreamRecord,
) -> HandlerResponse {
    service.ports.aggregator.acquire_failed();
    let retry_s = service.ports.random.between(BUSY_RETRY_S.0, BUSY_RETRY_S.1);
    let (status, headers, body) = if accept::names_event_stream(&request.headers) {
        (StatusCode::OK, headers, busy(Duration::from_secs(retry_s)))
    } else {
        let mut headers: HeaderMap = [(RETRY_AFTER, HeaderValue::from(retry_s))].into_iter().collect();
        describe_json(&mut headers);
        (StatusCode::SERVICE_UNAVAILABLE, headers, json_error(&"no free slot"))
    };
    let summary = Summary {
        connection_id: record.connection_id().clone(),
        reason: EndReason::Rejected,
        events: 0,
        duration: Duration::ZERO,
    };
    let work = async move { (invocation.finish(EndReason::Rejected).await.settle().await, summary) };
    HandlerResponse { status, headers, body: Body::Plain(body), work: Completion::WithResponse(work.boxed()) }
}

fn busy(retry: Duration) -> Bytes {
    let mut event = Vec::new();
    write_event(&mut event, "busy", Some(retry), None, &Busy::new(retry));
    event.into()
}
