//! `POST /response`: reads the body chunk by chunk, lets due faults happen, and answers 202 once the whole body is there,
//! as RAPID does. It decides nothing about the order of invocations.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use serde_json::json;

use super::{
    active_invocation::ActiveInvocation,
    answers::{accepted, gone, timed_out},
    echo::is_stale,
    invocation::ResponseFault,
    invocation_queue::InvocationQueue,
    response::Outcome,
};
use crate::wire::{self, Answer, Peer, Unanswered};

/// How often a reader that stands still looks whether the function is still there.
const STAND_STILL_LOOK: Duration = Duration::from_millis(10);

/// How long a body that broke off may be the first sign of the end of its process.
const EXIT_LOOK: Duration = Duration::from_millis(200);

const MODE: &str = "lambda-runtime-function-response-mode";
const HTTP_INTEGRATION: &[u8] = b"application/vnd.awslambda.http-integration-response";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";

pub(super) async fn receive(
    body: Incoming,
    peer: &Peer,
    queue: &InvocationQueue,
    active: &Arc<ActiveInvocation>,
    headers: &HeaderMap,
) -> Answer {
    if is_stale(active, headers) {
        queue.finish(active, Outcome::Refused(StatusCode::GONE));
        return Ok(wire::last(gone()));
    }
    for what in faults_of_head(headers) {
        queue.violation(Some(&active.request_id), what.to_owned());
    }
    active.answered(headers.clone());
    let mut reader = Reader::new(body);
    let mut trailers = HeaderMap::new();
    loop {
        let (due, next) = active.due_fault();
        match due {
            Some(ResponseFault::Refuse(status)) => {
                queue.finish(active, Outcome::Refused(status));
                let body = json!({"errorType": "InjectedRefusal", "errorMessage": status.to_string()});
                return Ok(wire::last(wire::json(status, &body)));
            }
            Some(ResponseFault::Cut) => {
                queue.finish(active, Outcome::Cut);
                peer.reset();
                return Err(Unanswered);
            }
            Some(pace @ (ResponseFault::StandStill | ResponseFault::SlowDown(_) | ResponseFault::GoOn)) => {
                reader.set_pace(pace);
                queue.set_unread(active, pace == ResponseFault::StandStill);
                continue;
            }
            None => {}
        }
        tokio::select! {
            biased;
            () = active.over() => {
                return if queue.take_late(&active.request_id) { Ok(wire::last(timed_out())) } else { Err(Unanswered) };
            }
            () = active.fault_added() => {}
            () = reached(next) => {}
            frame = reader.next(peer) => match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => active.chunk(bytes),
                    Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
                },
                None => {
                    let outcome = ending(queue, active, headers, trailers);
                    // Before the 202 goes out: the runtime may ask for its next event the moment it has it.
                    queue.finish(active, outcome);
                    return Ok(accepted());
                }
                Some(Err(Unanswered)) => {
                    queue.set_unread(active, true);
                    // Running out of time means that the process lives: it broke off this body alone.
                    let _ = tokio::time::timeout(EXIT_LOOK, active.over()).await;
                    queue.finish(active, Outcome::Truncated);
                    return Err(Unanswered);
                }
            },
        }
    }
}

/// Reads a body at the client's pace.
struct Reader {
    body: Incoming,
    stands_still: bool,
    bytes_per_second: Option<u32>,
    /// Nothing is read before: what came last is still on its way to the client.
    not_before: Option<tokio::time::Instant>,
}

impl Reader {
    const fn new(body: Incoming) -> Self {
        Self { body, stands_still: false, bytes_per_second: None, not_before: None }
    }

    fn set_pace(&mut self, pace: ResponseFault) {
        self.stands_still = pace == ResponseFault::StandStill;
        self.not_before = None;
        self.bytes_per_second = match pace {
            ResponseFault::SlowDown(rate) => Some(rate.max(1)),
            _ => None,
        };
    }

    /// The next frame, `None` at the end; or, for a reader that stands still, the function's giving up. Safe to cancel.
    async fn next(&mut self, peer: &Peer) -> Option<Result<Frame<Bytes>, Unanswered>> {
        if self.stands_still {
            while !peer.hung_up() {
                tokio::time::sleep(STAND_STILL_LOOK).await;
            }
            return Some(Err(Unanswered));
        }
        if let Some(moment) = self.not_before {
            tokio::time::sleep_until(moment).await;
        }
        let frame = self.body.frame().await?;
        let data = frame.as_ref().ok().and_then(Frame::data_ref);
        if let (Some(rate), Some(bytes)) = (self.bytes_per_second, data) {
            let seconds = Duration::from_secs(bytes.len() as u64) / rate;
            self.not_before = Some(tokio::time::Instant::now() + seconds);
        }
        Some(frame.map_err(Unanswered::from))
    }
}

async fn reached(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn ending(queue: &InvocationQueue, active: &ActiveInvocation, headers: &HeaderMap, trailers: HeaderMap) -> Outcome {
    let text = |name| trailers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (kind, body) = (text(ERROR_TYPE), text(ERROR_BODY));
    let announced = headers.get_all(header::TRAILER).iter().filter_map(|names| names.to_str().ok());
    let announced = announced.collect::<Vec<_>>().join(",").to_ascii_lowercase();
    if trailers.keys().any(|name| !announced.split(',').any(|announced| announced.trim() == name.as_str())) {
        queue.violation(Some(&active.request_id), "sent trailers that it had not announced".to_owned());
    }
    if is_http_integration(headers) && is_streaming(headers) && !active.with(super::Response::has_separate_prelude) {
        queue.violation(Some(&active.request_id), "prelude and NUL bytes are not two chunks".to_owned());
    }
    active.trailers(trailers);
    match kind {
        Some(kind) => Outcome::ErrorTrailers { kind, body: body.unwrap_or_default() },
        None => Outcome::Complete,
    }
}

/// Whether the answer is streamed, not buffered.
pub(crate) fn is_streaming(headers: &HeaderMap) -> bool {
    headers.get(MODE).is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming"))
}

/// Whether the body begins with a prelude, status and headers as JSON. Without this content type it is the HTTP body alone, and
/// the content type is the caller's.
pub(crate) fn is_http_integration(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(HTTP_INTEGRATION))
}

fn faults_of_head(headers: &HeaderMap) -> Vec<&'static str> {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found.as_bytes() == value.as_bytes());
    let mut faults = Vec::new();
    if is_streaming(headers) && !is("transfer-encoding", "chunked") {
        faults.push("a streaming response that is not chunked");
    }
    faults
}
