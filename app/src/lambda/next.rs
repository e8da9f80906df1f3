//! Asking for the next event. Takes the proof that the invocation before it is settled: without it there is no asking.

use super::{
    api::{INVOCATION_ID, InvocationRef, RuntimeApi},
    connection::{ConnectionError, Http1Connection},
};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Empty;
use lambda_runtime::{Context, LambdaEvent};
use lambda_trace::ReadyForNext;
use std::sync::Arc;

/// The loop cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum NextError {
    /// No connection, or none that lasts.
    #[error("GET next failed")]
    Http1Connection(#[from] ConnectionError),
    /// An answer that is no event.
    #[error("GET next was answered with {0}")]
    Status(StatusCode),
    /// An event without the id that an answer needs.
    #[error("GET next brought no request id")]
    NoRequestId,
    /// The loop itself failed.
    #[error("the loop panicked: {0}")]
    Panicked(String),
}

/// An event, delivered.
pub struct NextEvent {
    pub(super) event: LambdaEvent<Bytes>,
    pub(super) target: InvocationRef,
}

/// The connection of one slot for `next`; kept from one event to the next.
pub struct NextClient {
    api: Arc<RuntimeApi>,
    link: Option<Http1Connection<Empty<Bytes>>>,
}

impl NextClient {
    /// Nothing is connected yet.
    pub const fn new(api: Arc<RuntimeApi>) -> Self {
        Self { api, link: None }
    }

    /// Waits for an event, as long as it takes.
    ///
    /// # Errors
    /// The Runtime API is gone, or answers with what is no event.
    pub async fn next(&mut self, _settled: ReadyForNext) -> Result<NextEvent, NextError> {
        let answer = match self.link.take() {
            // A connection that was kept may have been closed meanwhile: then once more on a fresh one.
            Some(kept) => match self.ask(kept).await {
                Err(NextError::Http1Connection(_)) => self.ask_anew().await,
                answer => answer,
            },
            None => self.ask_anew().await,
        }?;
        if answer.status() != StatusCode::OK {
            return Err(NextError::Status(answer.status()));
        }
        let (head, payload) = answer.into_parts();
        delivered(&head.headers, payload)
    }

    async fn ask_anew(&mut self) -> Result<Response<Bytes>, NextError> {
        let link = Http1Connection::open(self.api.address()).await?;
        self.ask(link).await
    }

    async fn ask(&mut self, mut link: Http1Connection<Empty<Bytes>>) -> Result<Response<Bytes>, NextError> {
        let answer = link.exchange(self.api.next_request()).await?;
        self.link = Some(link);
        Ok(answer)
    }
}

/// Reads what is there and trusts nothing to be: only without the request id there is no way on.
fn delivered(headers: &HeaderMap, payload: Bytes) -> Result<NextEvent, NextError> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(ToOwned::to_owned);
    let mut context = Context::default();
    context.request_id = text("lambda-runtime-aws-request-id").ok_or(NextError::NoRequestId)?;
    // 0 is in the past, and a deadline in the past is an unknown one.
    context.deadline = text("lambda-runtime-deadline-ms").and_then(|ms| ms.parse().ok()).unwrap_or(0);
    context.invoked_function_arn = text("lambda-runtime-invoked-function-arn").unwrap_or_default();
    context.xray_trace_id = text("lambda-runtime-trace-id");
    context.tenant_id = text("lambda-runtime-aws-tenant-id");
    let target =
        InvocationRef { request_id: context.request_id.clone(), invocation_id: headers.get(INVOCATION_ID).cloned() };
    Ok(NextEvent { event: LambdaEvent::new(payload, context), target })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

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
        let NextEvent { event, target } = delivered(&headers, Bytes::from_static(b"{}")).unwrap();
        let context = event.context;
        assert_eq!((context.request_id.as_str(), context.deadline), ("r-1", 1_795_334_400_000));
        assert_eq!(context.xray_trace_id.as_deref(), Some("Root=1-2-3"));
        assert_eq!((&*event.payload, target.request_id.as_str()), (b"{}".as_slice(), "r-1"));
        assert_eq!(target.invocation_id.unwrap(), "i-1");
    }

    #[test]
    fn only_the_request_id_has_to_be_there() {
        let few = headers(&[("lambda-runtime-aws-request-id", "r-1"), ("lambda-runtime-deadline-ms", "soon")]);
        let context = delivered(&few, Bytes::new()).unwrap().event.context;
        assert_eq!((context.deadline, context.xray_trace_id), (0, None));
        assert!(matches!(delivered(&HeaderMap::new(), Bytes::new()), Err(NextError::NoRequestId)));
    }
}
