//! The streaming pipeline: the port of the streaming phase, made of the SDK's parts (resource, `SpanData`, OTLP
//! exporter) and of ours (guard, budget, store, ledger). It has no thread and no blocking call: a flush drives it.

mod shared;
mod stream;

pub(crate) use shared::Shared;

use super::{
    attempt_log::AttemptLog,
    collector_log::{CollectorLines, CollectorLog},
    collector_watch::CollectorWatch,
    config::{PipelineConfig, PipelineError, resource},
    convert,
    http::{HttpTransport, Tcp},
    json::OtlpJson,
    ledger_line::Emf,
    line_sink::LineSink,
    rules::Rules,
    size::Sizes,
    store::SpanStore,
    sync::Mutex,
    transport::{RecordingClient, Transport},
};
use crate::address;
use async_trait::async_trait;
use futures::lock::Mutex as AsyncMutex;
use lambda_trace::{Clock, FlushOutcome, StreamSpans, StreamStart, StreamingTelemetry, Timestamp};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SpanExporter as _};
use std::sync::Arc;
use stream::PipelineStream;

/// What a pipeline needs beside its transport.
#[derive(Clone)]
pub struct PipelinePorts {
    /// Where ledger lines and given-up spans are written.
    pub lines: Arc<dyn LineSink>,
    /// Where the operator is told what the collector does not accept.
    pub collector_log: Arc<dyn CollectorLog>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Exports streaming-phase spans to an OTLP receiver. No span is lost silently.
pub struct Pipeline(Arc<Shared>);

impl PipelinePorts {
    /// Writes everything to `lines`; what the operator is told, too, as JSON.
    pub fn new(lines: Arc<dyn LineSink>, clock: Arc<dyn Clock>) -> Self {
        let collector_log = Arc::new(CollectorLines::new(lines.clone(), clock.clone()));
        Self { lines, collector_log, clock }
    }
}

impl Pipeline {
    /// A pipeline over plain HTTP.
    ///
    /// # Errors
    /// The endpoint is not valid, or the exporter refuses its configuration.
    pub fn new(config: PipelineConfig, ports: PipelinePorts) -> Result<Self, PipelineError> {
        let transport = HttpTransport::new(tcp(&config.endpoint)?);
        let resource = resource(&config.service, &config.resource_attributes);
        Self::over(Arc::new(transport), config, &resource, ports)
    }

    /// A pipeline over any transport.
    ///
    /// # Errors
    /// The exporter refuses its configuration, or the resource is larger than the receiver accepts.
    pub fn over(
        transport: Arc<dyn Transport>,
        config: PipelineConfig,
        resource: &Resource,
        ports: PipelinePorts,
    ) -> Result<Self, PipelineError> {
        let PipelinePorts { lines, collector_log, clock } = ports;
        let limits = transport.limits();
        let scope = convert::scope(&config.scope);
        let resource_bytes = convert::resource_bytes(resource, &scope);
        if resource_bytes > limits.resource_bytes {
            return Err(PipelineError::Resource { bytes: resource_bytes, max: limits.resource_bytes });
        }
        let collector_watch = CollectorWatch::new(&config.endpoint, transport.clone(), collector_log);
        let attempt_log = Arc::<AttemptLog>::default();
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(RecordingClient::new(transport, attempt_log.clone(), clock.clone()))
            .with_endpoint(config.endpoint)
            .with_headers(config.headers.into_iter().collect())
            .with_protocol(Protocol::HttpBinary)
            // The exporter's own retries know neither the flush's limit nor what was sent.
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| PipelineError::Exporter(error.to_string()))?;
        exporter.set_resource(resource);
        let sizes = Sizes::new(resource).with_document_max(limits.document_bytes);
        let rules = Arc::new(Rules::new(config.policy, config.trace_budget_bytes, sizes));
        Ok(Self(Arc::new(Shared {
            store: Mutex::new(SpanStore::new(config.retain_bytes, rules)),
            exporter: AsyncMutex::new(exporter),
            attempt_log,
            scope,
            limits,
            otlp_json: OtlpJson::new(resource),
            emf: Emf { namespace: config.metrics_namespace, environment: config.environment },
            collector_watch,
            lines,
            clock,
        })))
    }
}

#[async_trait]
impl StreamingTelemetry for Pipeline {
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans> {
        Arc::new(PipelineStream::open(self.0.clone(), &start))
    }

    async fn flush_retained(&self, until: Timestamp) -> FlushOutcome {
        self.0.send_all(None, until).await
    }

    async fn shutdown(&self) {
        let given_up = self.0.store().give_up_all();
        self.0.give_up(&given_up);
    }
}

/// Host and port of the receiver.
fn tcp(endpoint: &str) -> Result<Tcp, PipelineError> {
    let wrong = || PipelineError::Endpoint(endpoint.to_owned());
    let uri = address::parse(endpoint).filter(|uri| uri.scheme_str() == Some("http")).ok_or_else(wrong)?;
    let host = uri.host().ok_or_else(wrong)?;
    Ok(Tcp::new(host, uri.port_u16().unwrap_or(80)))
}

#[cfg(test)]
mod ends_tests;
#[cfg(test)]
mod export_tests;
#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod limits_tests;
#[cfg(test)]
mod patience_tests;
#[cfg(test)]
mod tests;
