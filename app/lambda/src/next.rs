//! Asking for the next event. It takes the proof that the previous invocation is settled, without which it cannot be
//! called.

use crate::{
    connection::{ConnectionError, Http1Connection},
    liveness::Liveness,
    runtime_api::{INVOCATION_ID, InvocationRef, RuntimeApi},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::Empty;
use lambda_runtime::{Context, LambdaEvent};
use lambda_trace::{Clock, ReadyForNext};
use std::{sync::Arc, time::Duration};

/// Before the second, third and fourth attempt. After them a worker gives the Runtime API up for lost, and asks on as long as
/// others reach it. Together longer than from the last answer of a Runtime API that is going down to the SIGTERM that follows.
const PAUSES: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(750)];
/// The wait before each later attempt.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// Why the loop cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum NextError {
    /// There is no connection, or it breaks.
    #[error("GET next failed")]
    Connection(#[from] ConnectionError),
    /// The response is not an event.
    #[error("GET next was answered with {0}")]
    Status(StatusCode),
    /// The event has no request id, which a response needs.
    #[error("GET next brought no request id")]
    NoRequestId,
    /// The loop itself failed.
    #[error("the loop panicked: {0}")]
    Panicked(String),
}

/// An event, and the invocation that it belongs to.
pub struct NextEvent {
    pub(crate) event: LambdaEvent<Bytes>,
    pub(crate) invocation: InvocationRef,
}

/// One worker's connection for `next`. A worker that is alone keeps it from one event to the next, which saves the next event a
/// round trip. One of many gives it up for as long as its invocation lasts: it would hold 28 KB, as much as the invocation's stream.
pub struct NextClient {
    api: Arc<RuntimeApi>,
    liveness: Arc<Liveness>,
    clock: Arc<dyn Clock>,
    is_kept: bool,
    connection: Option<Http1Connection<Empty<Bytes>>>,
}

impl NextClient {
    /// Nothing is connected yet.
    pub(crate) fn new(api: Arc<RuntimeApi>, liveness: Arc<Liveness>, clock: Arc<dyn Clock>) -> Self {
        let is_kept = liveness.is_single();
        Self { api, liveness, clock, is_kept, connection: None }
    }

    /// Waits for an event, as long as it takes; over a new connection if one fails.
    ///
    /// # Errors
    /// The Runtime API is gone for every worker of the process, or answers with what is no event.
    pub async fn next(&mut self, _ready: ReadyForNext) -> Result<NextEvent, NextError> {
        let mut pauses = PAUSES.into_iter();
        let mut is_lost = false;
        loop {
            let error = match self.ask().await {
                Ok(event) => {
                    if is_lost {
                        self.liveness.regain();
                    }
                    return Ok(event);
                }
                Err(error) => error,
            };
            let pause = pauses.next();
            if pause.is_none() && !is_lost {
                is_lost = true;
                self.liveness.lose();
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(cause, "a worker does not reach the Runtime API, and tries again each second: {error}");
            }
            if is_lost && self.liveness.is_gone() {
                return Err(error);
            }
            self.clock.sleep_until(self.clock.now().plus(pause.unwrap_or(LONG_PAUSE))).await;
        }
    }

    async fn ask(&mut self) -> Result<NextEvent, NextError> {
        let answer = match self.connection.take() {
            // A kept connection may have been closed meanwhile; then a new one is opened immediately.
            Some(kept) => match self.exchange(kept).await {
                Ok(answer) => answer,
                Err(_closed) => self.exchange_anew().await?,
            },
            None => self.exchange_anew().await?,
        };
        if answer.status() != StatusCode::OK {
            return Err(NextError::Status(answer.status()));
        }
        let (head, payload) = answer.into_parts();
        NextEvent::read(&head.headers, payload)
    }

    async fn exchange_anew(&mut self) -> Result<Response<Bytes>, ConnectionError> {
        let connection = Http1Connection::open(self.api.authority()).await?;
        self.exchange(connection).await
    }

    async fn exchange(
        &mut self,
        mut connection: Http1Connection<Empty<Bytes>>,
    ) -> Result<Response<Bytes>, ConnectionError> {
        let answer = connection.exchange(self.api.next_request()).await?;
        self.connection = Some(connection).filter(|_| self.is_kept);
        Ok(answer)
    }
}

impl NextEvent {
    /// Reads what is there and trusts nothing to be: only without the request id there is no way on.
    fn read(headers: &HeaderMap, payload: Bytes) -> Result<Self, NextError> {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(ToOwned::to_owned);
        let mut context = Context::default();
        context.request_id = text("lambda-runtime-aws-request-id").ok_or(NextError::NoRequestId)?;
        // 0 is in the past, and a deadline in the past counts as unknown.
        context.deadline = text("lambda-runtime-deadline-ms").and_then(|ms| ms.parse().ok()).unwrap_or(0);
        context.invoked_function_arn = text("lambda-runtime-invoked-function-arn").unwrap_or_default();
        context.xray_trace_id = text("lambda-runtime-trace-id");
        context.tenant_id = text("lambda-runtime-aws-tenant-id");
        let invocation = InvocationRef {
            request_id: context.request_id.clone(),
            invocation_id: headers.get(INVOCATION_ID).and_then(owned),
        };
        Ok(Self { event: LambdaEvent::new(payload, context), invocation })
    }
}

/// A clone would share, and keep for as long as the invocation lasts, the buffer that the whole answer was read into.
fn owned(value: &HeaderValue) -> Option<HeaderValue> {
    HeaderValue::from_bytes(value.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        of.iter().map(header).collect()
    }

    #[test]
    fn an_event_is_its_headers_and_its_payload() {
        let headers = headers(&[
            ("lambda-runtime-aws-request-id", "r-1"),
            ("lambda-runtime-deadline-ms", "1795334400000"),
            ("lambda-runtime-trace-id", "Root=1-2-3"),
            ("lambda-runtime-invocation-id", "i-1"),
        ]);
        let NextEvent { event, invocation } = NextEvent::read(&headers, Bytes::from_static(b"{}")).unwrap();
        let context = event.context;
        assert_eq!((context.request_id.as_str(), context.deadline), ("r-1", 1_795_334_400_000));
        assert_eq!(context.xray_trace_id.as_deref(), Some("Root=1-2-3"));
        assert_eq!((&*event.payload, invocation.request_id.as_str()), (b"{}".as_slice(), "r-1"));
        assert_eq!(invocation.invocation_id.unwrap(), "i-1");
    }

    #[test]
    fn only_the_request_id_has_to_be_there() {
        let few = headers(&[("lambda-runtime-aws-request-id", "r-1"), ("lambda-runtime-deadline-ms", "soon")]);
        let context = NextEvent::read(&few, Bytes::new()).unwrap().event.context;
        assert_eq!((context.deadline, context.xray_trace_id), (0, None));
        assert!(matches!(NextEvent::read(&HeaderMap::new(), Bytes::new()), Err(NextError::NoRequestId)));
    }
}
