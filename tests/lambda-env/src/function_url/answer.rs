//! One request, from its event to the last byte of its answer. A caller that leaves changes nothing for the function: Lambda
//! does not tell it, and the answer is read to its end.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::channel::Sender;
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::{
    caller::{self, Body, BrokenOff},
    request::{self, Unreadable},
    service::Service,
};
use crate::{
    clock::Stamp,
    fleet::{Member, Refusal, Taken},
    notice::{Ended, Event, Invoked, Request},
    runtime_api::{self, Call, Invocation, Outcome, Prelude, When, is_http_integration, is_streaming},
    scenario::{Fault, FaultKind},
    trace::TraceHeader,
};

/// Answers one request.
pub(super) async fn respond(
    service: Arc<Service>,
    incoming: hyper::Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let target = incoming.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let request = Request { number: service.number(), method: incoming.method().to_string(), target };
    let sent = incoming.headers().get("x-amzn-trace-id").and_then(|header| header.to_str().ok()).unwrap_or_default();
    let trace = TraceHeader::of_caller(sent, &service.ids);
    let url = match request::event(incoming, &trace).await {
        Ok(url) => url,
        Err(Unreadable::TooLarge) => {
            return Ok(caller::platform(StatusCode::PAYLOAD_TOO_LARGE, r#"{"Message":"Request Entity Too Large"}"#));
        }
        // Nobody is there to be answered.
        Err(Unreadable::Broken) => return Ok(caller::platform(StatusCode::BAD_REQUEST, r#"{"Message":null}"#)),
    };
    let faults: Vec<Fault> = service.faults.iter().filter(|fault| fault.concerns(request.number)).cloned().collect();
    let invocation = Invocation::url(url).trace(&trace);
    let invocation = faults.iter().fold(invocation, |invocation, fault| fault.apply(invocation));
    service.set_collector(&faults).await;
    let taken = match service.fleet.invoke(invocation).await {
        Ok(taken) => taken,
        Err(Refusal::Throttled) => {
            service.notices.tell(Stamp::now(), None, Event::Throttled(request));
            let body = r#"{"Message":"Rate Exceeded."}"#;
            return Ok(caller::platform(StatusCode::TOO_MANY_REQUESTS, body));
        }
        Err(Refusal::NotStarted(environment, error)) => {
            let reason = format!("{}: {error}", error.failure);
            service.notices.tell(Stamp::now(), Some(environment), Event::StartFailed(request, reason));
            return Ok(caller::bad_gateway());
        }
    };
    let Taken { member, call, is_cold } = taken;
    let (request_id, trace) = (call.request_id().to_owned(), call.trace());
    let invoked = Invoked { request: request.clone(), request_id: request_id.clone(), trace: trace.clone(), is_cold };
    let at = call.so_far().delivered.unwrap_or_else(Stamp::now);
    service.notices.tell(at, Some(member.number), Event::Invoked(invoked));
    for fault in faults {
        service.notices.tell(at, Some(member.number), Event::Fault(request.number, fault.kind.to_string()));
        tokio::spawn(break_process(fault, Arc::clone(&member)));
    }
    let (sender, head) = oneshot::channel();
    tokio::spawn(Exchange { service, member, request, call }.relay(sender));
    let mut response = head.await.unwrap_or_else(|_| caller::bad_gateway());
    let platform = [("x-amzn-requestid", Some(request_id)), ("x-amzn-trace-id", trace.map(|trace| trace.to_string()))];
    for (name, value) in platform {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// Ends the process of an environment at its moment.
async fn break_process(fault: Fault, member: Arc<Member>) {
    let Some(environment) = member.environment() else { return };
    if let When::After(time) = fault.when {
        tokio::time::sleep(time).await;
    }
    match fault.kind {
        FaultKind::Kill => environment.kill().await,
        FaultKind::ShutDown => drop(environment.shut_down().await),
        _ => {}
    }
}

/// An invocation and who waits for its answer.
struct Exchange {
    service: Arc<Service>,
    member: Arc<Member>,
    request: Request,
    call: Call,
}

/// What the caller has got in the end.
struct Told {
    status: u16,
    left: bool,
    bytes: usize,
}

impl Exchange {
    async fn relay(mut self, head: oneshot::Sender<Response<Body>>) {
        let told = match self.call.head().await {
            // aws-lambda-go streams without saying so in the mode: its content type says it.
            Some(headers) if is_streaming(&headers) || is_http_integration(&headers) => {
                self.stream(&headers, head).await
            }
            Some(_) => self.buffer(head).await,
            None => fail(head),
        };
        let response = self.call.finish().await;
        let delivered = response.delivered;
        let ended = response.ended.unwrap_or_else(Stamp::now);
        let heads = match (is_http_integration(&response.headers), response.has_separate_prelude()) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        };
        let since = |at: &Stamp| delivered.map_or(Duration::ZERO, |delivered| at.since(&delivered));
        let event = Event::Ended(Box::new(Ended {
            request: self.request,
            status: told.status,
            outcome: response.outcome.clone().unwrap_or(Outcome::Exited),
            chunks: response.chunks.len().saturating_sub(heads),
            bytes: told.bytes,
            first_byte: response.chunks.get(heads).map(|chunk| since(&chunk.at)),
            duration: since(&ended),
            caller_left: told.left,
            request_id: response.request_id,
            trace: response.trace,
        }));
        self.service.notices.tell(ended, Some(self.member.number), event);
    }

    /// Hands the body over as it comes.
    async fn stream(&mut self, headers: &HeaderMap, head: oneshot::Sender<Response<Body>>) -> Told {
        let Some((prelude, first)) = self.prelude(headers).await else { return fail(head) };
        let (response, mut sender) = caller::streamed(&prelude);
        let mut told = Told { status: response.status().as_u16(), left: head.send(response).is_err(), bytes: 0 };
        let mut next = Some(first);
        while let Some(bytes) = next {
            told.bytes += bytes.len();
            told.left |= !told.left && send(&mut sender, bytes).await.is_err();
            next = self.call.chunk().await.map(|chunk| chunk.bytes);
        }
        if self.call.so_far().outcome != Some(Outcome::Complete) {
            sender.abort(BrokenOff);
        }
        told
    }

    /// Status and headers, and the bytes of the body that came with them. `None` if there are none that can be read.
    async fn prelude(&mut self, headers: &HeaderMap) -> Option<(Prelude, Bytes)> {
        if !is_http_integration(headers) {
            let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            let kind = ("content-type".to_owned(), kind.unwrap_or("application/octet-stream").to_owned());
            let prelude = Prelude { status: 200, headers: [kind].into(), cookies: Vec::new() };
            let first = self.call.chunk().await.map(|chunk| chunk.bytes);
            let is_empty = first.is_none() && self.call.so_far().outcome == Some(Outcome::Complete);
            return Some((prelude, if is_empty { Bytes::new() } else { first? }));
        }
        let mut begun = Vec::new();
        loop {
            begun.extend_from_slice(&self.call.chunk().await?.bytes);
            if let Some((end, body)) = runtime_api::split(&begun) {
                let json = serde_json::from_slice(&begun[..end]).ok()?;
                return Some((Prelude::of(&json), Bytes::copy_from_slice(&begun[body..])));
            }
        }
    }

    /// Waits for the whole of a buffered response.
    async fn buffer(&mut self, head: oneshot::Sender<Response<Body>>) -> Told {
        let mut payload = Vec::new();
        while let Some(chunk) = self.call.chunk().await {
            payload.extend_from_slice(&chunk.bytes);
        }
        let is_whole = self.call.so_far().outcome == Some(Outcome::Complete);
        match caller::buffered(&payload).filter(|_| is_whole) {
            Some((response, bytes)) => {
                Told { status: response.status().as_u16(), left: head.send(response).is_err(), bytes }
            }
            None => fail(head),
        }
    }
}

fn fail(head: oneshot::Sender<Response<Body>>) -> Told {
    let left = head.send(caller::bad_gateway()).is_err();
    Told { status: 502, left, bytes: 0 }
}

/// An empty chunk would be the end of the body.
async fn send(sender: &mut Sender<Bytes, BrokenOff>, bytes: Bytes) -> Result<(), ()> {
    if bytes.is_empty() { Ok(()) } else { sender.send_data(bytes).await.map_err(drop) }
}
