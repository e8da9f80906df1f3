//! Reads along what the function sends to the collector: the spans, to compare each with the document that it became. It changes nothing.

use crate::{
    estimate::estimate,
    exchange::{Server, Upstream},
};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use lambda_env::Sidecar;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, Span},
};
use prost::Message;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// A span as it was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The span.
    pub span: Span,
    /// What the service reckons for its document, in bytes.
    pub estimate: usize,
}

impl Sent {
    /// Its id, as documents write it.
    pub fn id(&self) -> String {
        let bytes = self.span.span_id.as_slice().try_into().unwrap_or_default();
        format!("{:016x}", u64::from_be_bytes(bytes))
    }

    /// Every span of a request body.
    pub fn read(body: &[u8]) -> Vec<Self> {
        let request = ExportTraceServiceRequest::decode(body).unwrap_or_default();
        request.resource_spans.iter().flat_map(Self::of).collect()
    }

    fn of(resource_spans: &ResourceSpans) -> impl Iterator<Item = Self> {
        let resource = resource_spans.resource.clone().unwrap_or_default();
        let spans = resource_spans.scope_spans.iter().flat_map(|scope| scope.spans.clone());
        spans.map(move |span| Self { estimate: estimate(&resource, &span), span })
    }
}

/// Stands before a collector, until it is dropped.
#[derive(Debug)]
pub struct OtlpTee {
    sent: Arc<Mutex<Vec<Sent>>>,
    server: Server,
}

impl OtlpTee {
    /// Before the collector at this address.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(collector: SocketAddr) -> io::Result<Self> {
        let sent = Arc::<Mutex<Vec<Sent>>>::default();
        let (upstream, record) = (Upstream::new(collector), Arc::clone(&sent));
        let server = Server::start(move |request: Request<Bytes>| {
            record.lock().unwrap_or_else(PoisonError::into_inner).extend(Sent::read(request.body()));
            let upstream = upstream.clone();
            async move { upstream.send(request).await.map(Full::new) }
        });
        Ok(Self { sent, server: server.await? })
    }

    /// Every span so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sidecar for OtlpTee {
    fn variables(&self) -> Vec<(String, String)> {
        vec![("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), format!("http://{}", self.server.address()))]
    }
}
