//! One request, one answer: what the pipeline needs of HTTP, and its fitting into the SDK's exporter.

use super::attempt_log::{AttemptLog, CollectorReply};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, header::CONTENT_TYPE};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use std::{fmt, sync::Arc};

/// No answer: no connection, or one that broke.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Nobody listens, or the name is unknown, or connecting took too long.
    #[error("no connection to the collector")]
    Connect(#[source] std::io::Error),
    /// The connection broke before the answer was there.
    #[error("the connection to the collector broke")]
    Broken(#[source] hyper::Error),
}

/// Sends a request. MUST stop sending when dropped, and note in the report when the first byte has left.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends `request` and reads the whole answer, whatever its status.
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError>;
}

/// A wire whose answers are noted, in the form that the SDK's exporter takes.
#[derive(Debug)]
pub(super) struct RecordingClient {
    transport: Arc<dyn Transport>,
    attempt_log: Arc<AttemptLog>,
}

impl RecordingClient {
    pub(super) fn new(transport: Arc<dyn Transport>, attempt_log: Arc<AttemptLog>) -> Self {
        Self { transport, attempt_log }
    }
}

#[async_trait]
impl HttpClient for RecordingClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.transport.send(request, &self.attempt_log).await;
        self.attempt_log.over(match &answer {
            Ok(response) => {
                CollectorReply::Status { status: response.status().as_u16(), rejected_spans: rejected_spans(response) }
            }
            Err(_) => CollectorReply::None,
        });
        Ok(answer?)
    }
}

/// An answer that cannot be read says nothing of rejected spans: 2xx is acceptance.
fn rejected_spans(response: &Response<Bytes>) -> u64 {
    if !response.status().is_success() {
        return 0;
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let decoded = if content_type.is_some_and(|t| t.starts_with("application/json")) {
        serde_json::from_slice::<ExportTraceServiceResponse>(response.body()).ok()
    } else {
        ExportTraceServiceResponse::decode(response.body().clone()).ok()
    };
    let rejected = decoded.and_then(|answer| answer.partial_success).map_or(0, |p| p.rejected_spans);
    u64::try_from(rejected).unwrap_or(0)
}
