//! The streaming pipeline: the port `Telemetry` over the SDK's parts (ids, sampler, resource, `SpanData`, OTLP exporter)
//! and ours (guard, budget, store, ledger). No thread, no blocking call: it is driven by whoever flushes.

use super::{
    attempt_log::AttemptLog,
    buffered::BufferedSpan,
    collector_log::{CollectorLines, CollectorLog},
    collector_watch::CollectorWatch,
    config::{PipelineConfig, PipelineError, resource},
    convert,
    http::{HttpTransport, Tcp},
    json::{Level, OtlpJson},
    ledger_line::Emf,
    line_sink::LineSink,
    sampling::{self, Sampling},
    size::Sizes,
    store::{GivenUp, SpanStore},
    transport::{RecordingClient, Transport, TransportLimits},
};
use crate::address;
use async_trait::async_trait;
use futures::lock::Mutex as AsyncMutex;
use lambda_trace::{
    Clock, FinishedSpan, FlushOutcome, Handler, SpanId, StreamClosed, StreamOpened, Streaming, Telemetry, Timestamp,
    within,
};
use opentelemetry::InstrumentationScope;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanExporter as _},
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// An export in mid-stream is given up after this; a flush is bounded by its caller.
const EXPORT_LIMIT: Duration = Duration::from_secs(5);

/// What a pipeline works with beside its transport.
#[derive(Clone)]
pub struct PipelinePorts {
    /// Takes ledger lines and given-up spans.
    pub lines: Arc<dyn LineSink>,
    /// Tells the operator what the collector does not take.
    pub collector_log: Arc<dyn CollectorLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Streaming-phase spans to an OTLP receiver, with nothing lost silently.
pub struct Pipeline {
    store: Mutex<SpanStore>,
    /// The SDK forbids concurrent exports; so does the attempt log.
    pub(super) exporter: AsyncMutex<SpanExporter>,
    pub(super) attempt_log: Arc<AttemptLog>,
    sampling: Sampling,
    scope: InstrumentationScope,
    pub(super) limits: TransportLimits,
    otlp_json: OtlpJson,
    emf: Emf,
    pub(super) collector_watch: CollectorWatch,
    lines: Arc<dyn LineSink>,
    pub(super) clock: Arc<dyn Clock>,
}

impl PipelinePorts {
    /// Everything to `lines`: what the operator is told too, as JSON.
    pub fn new(lines: Arc<dyn LineSink>, clock: Arc<dyn Clock>) -> Self {
        let collector_log = Arc::new(CollectorLines::new(lines.clone(), clock.clone()));
        Self { lines, collector_log, clock }
    }
}

impl Pipeline {
    /// A pipeline over plain HTTP.
    ///
    /// # Errors
    /// If the endpoint is none, or the exporter refuses its configuration.
    pub fn new(config: PipelineConfig, ports: PipelinePorts) -> Result<Self, PipelineError> {
        let transport = HttpTransport::new(tcp(&config.endpoint)?);
        let resource = resource(&config.service);
        Self::over(Arc::new(transport), config, &resource, ports)
    }

    /// A pipeline over any transport.
    ///
    /// # Errors
    /// If the exporter refuses its configuration, or the resource is larger than the transport's far side takes.
    pub fn over(
        transport: Arc<dyn Transport>,
        config: PipelineConfig,
        resource: &Resource,
        ports: PipelinePorts,
    ) -> Result<Self, PipelineError> {
        let PipelinePorts { lines, collector_log, clock } = ports;
        let limits = transport.limits();
        let scope = convert::scope();
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
            // Its retries know neither the flush's limit nor what was sent.
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| PipelineError::Exporter(error.to_string()))?;
        exporter.set_resource(resource);
        let sizes = Sizes::new(resource).with_document_max(limits.document_bytes);
        Ok(Self {
            store: Mutex::new(SpanStore::new(config.retain_bytes, config.trace_budget_bytes, sizes)),
            exporter: AsyncMutex::new(exporter),
            attempt_log,
            sampling: Sampling::default(),
            scope,
            limits,
            otlp_json: OtlpJson::new(resource),
            emf: Emf { namespace: config.metrics_namespace, environment: config.environment },
            collector_watch,
            lines,
            clock,
        })
    }

    pub(super) fn store(&self) -> MutexGuard<'_, SpanStore> {
        // Nothing in the store panics; if it did, half an update would still be better than no telemetry.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes given-up spans, one line each.
    pub(super) fn print(&self, spans: &GivenUp) {
        for span in self.convert(spans) {
            self.lines.line(&self.otlp_json.line(span, self.clock.now(), Level::Error));
        }
    }

    /// Writes given-up spans, and the late lines of the streams that they belonged to.
    fn give_up(&self, spans: &GivenUp) {
        if !spans.is_empty() {
            self.print(spans);
            self.write_late_lines();
        }
    }

    /// In the SDK's form.
    pub(super) fn convert(&self, spans: &[BufferedSpan]) -> Vec<SpanData> {
        spans.iter().map(|buffered| convert::span_data(buffered, &self.scope)).collect()
    }

    pub(super) fn write_late_lines(&self) {
        let late_lines = self.store().late_lines();
        for late in late_lines {
            self.lines.line(&late.line(&self.emf, self.clock.now()));
        }
    }
}

#[async_trait]
impl Telemetry for Pipeline {
    fn span_id(&self) -> SpanId {
        sampling::span_id()
    }

    /// Not the phase of this pipeline: whoever composes the two pipelines sends these spans to the other one.
    fn handler_phase(&self, _: FinishedSpan<Handler>) {}

    fn stream_opened(&self, stream: StreamOpened) {
        let is_recorded = self.sampling.records(&stream.parent);
        self.store().open(stream, is_recorded);
    }

    fn streaming_phase(&self, span: FinishedSpan<Streaming>) {
        let given_up = self.store().record(span);
        self.give_up(&given_up);
    }

    fn is_export_due(&self, now: Timestamp) -> bool {
        // While something is sent an export would have to wait, and nobody knows for whom and how long.
        self.store().is_export_due(now) && self.exporter.try_lock().is_some()
    }

    async fn export(&self, now: Timestamp) {
        let until = now.plus(EXPORT_LIMIT);
        let limit = self.clock.sleep_until(until);
        within(&*self.clock, limit, Box::pin(self.send_pending(until))).await;
    }

    async fn flush(&self, of: Option<&Arc<str>>, until: Timestamp) -> FlushOutcome {
        let own = of.and_then(|request_id| self.store().buffer_of(request_id));
        self.send_all(own, until).await
    }

    fn stream_closed(&self, stream: StreamClosed) {
        let Some((entry, given_up)) = self.store().close(&stream) else {
            return;
        };
        self.lines.line(&entry.line(&stream, &self.emf, self.clock.now()));
        // What had to make room for it belongs to other streams, whose late lines are due now.
        self.give_up(&given_up);
    }

    fn shutdown(&self) {
        let given_up = self.store().give_up_all();
        self.give_up(&given_up);
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
mod export_tests;
#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod limits_tests;
#[cfg(test)]
mod patience_tests;
#[cfg(test)]
mod tests;
