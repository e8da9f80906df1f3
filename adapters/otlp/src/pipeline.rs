//! The streaming pipeline: the port `Telemetry` over the SDK's parts (ids, sampler, resource, `SpanData`, OTLP exporter)
//! and ours (guard, budget, books, ledger). No thread, no blocking call: it is driven by whoever flushes.

use super::{
    attempt_log::AttemptLog,
    buffered::BufferedSpan,
    config::{PipelineConfig, PipelineError, resource},
    convert,
    http::{HttpTransport, Tcp},
    json::OtlpJson,
    ledger_line::Emf,
    line_sink::LineSink,
    sampling::{self, Sampling},
    size::Sizes,
    store::{GivenUp, SpanStore},
    transport::{RecordingClient, Transport},
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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An export in mid-stream is given up after this, in milliseconds; a flush is bounded by its caller.
const EXPORT_LIMIT_MS: u64 = 5_000;

/// Streaming-phase spans to an OTLP receiver, with nothing lost silently.
pub struct Pipeline {
    store: Mutex<SpanStore>,
    /// The SDK forbids concurrent exports; so does the report.
    pub(super) exporter: AsyncMutex<SpanExporter>,
    pub(super) attempt_log: Arc<AttemptLog>,
    sampling: Sampling,
    scope: InstrumentationScope,
    otlp_json: OtlpJson,
    emf: Emf,
    line_sink: Arc<dyn LineSink>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Pipeline {
    /// A pipeline over HTTP. `line_sink` takes ledger lines and given-up spans.
    ///
    /// # Errors
    /// If the endpoint is none, or the exporter refuses its configuration.
    pub fn new(
        config: PipelineConfig,
        line_sink: Arc<dyn LineSink>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PipelineError> {
        let transport = HttpTransport::new(tcp(&config.endpoint)?);
        let resource = resource(&config.service);
        Self::over(Arc::new(transport), config, &resource, line_sink, clock)
    }

    /// A pipeline over any wire.
    ///
    /// # Errors
    /// If the exporter refuses its configuration.
    pub fn over(
        transport: Arc<dyn Transport>,
        config: PipelineConfig,
        resource: &Resource,
        line_sink: Arc<dyn LineSink>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PipelineError> {
        let attempt_log = Arc::<AttemptLog>::default();
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(RecordingClient::new(transport, attempt_log.clone()))
            .with_endpoint(config.endpoint)
            .with_headers(config.headers.into_iter().collect())
            .with_protocol(Protocol::HttpBinary)
            // Its retries know neither the flush's limit nor what was sent.
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| PipelineError::Exporter(error.to_string()))?;
        exporter.set_resource(resource);
        let sizes = Sizes::new(resource);
        Ok(Self {
            store: Mutex::new(SpanStore::new(config.retain_bytes, config.trace_budget_bytes, sizes)),
            exporter: AsyncMutex::new(exporter),
            attempt_log,
            sampling: Sampling::default(),
            scope: convert::scope(),
            otlp_json: OtlpJson::new(resource),
            emf: Emf { namespace: config.metrics_namespace, environment: config.environment },
            line_sink,
            clock,
        })
    }

    pub(super) fn store(&self) -> MutexGuard<'_, SpanStore> {
        // Nothing in the books panics; if it did, half an update would still be better than no telemetry.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes given-up spans, one line each.
    pub(super) fn print(&self, spans: &GivenUp) {
        for span in self.convert(spans) {
            self.line_sink.line(&self.otlp_json.line(span));
        }
    }

    /// In the SDK's form.
    pub(super) fn convert(&self, spans: &[BufferedSpan]) -> Vec<SpanData> {
        spans.iter().map(|buffered| convert::span_data(buffered, &self.scope)).collect()
    }

    pub(super) fn write_late_lines(&self) {
        let line_sink = self.store().late_lines();
        for late in line_sink {
            self.line_sink.line(&late.line(&self.emf, self.clock.now()));
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
        self.print(&given_up);
    }

    fn is_export_due(&self, now: Timestamp) -> bool {
        // While something is sent an export would have to wait, and nobody knows for whom and how long.
        self.store().is_export_due(now) && self.exporter.try_lock().is_some()
    }

    async fn export(&self, now: Timestamp) {
        let until = now.plus_ms(EXPORT_LIMIT_MS);
        let limit = self.clock.sleep_until(until);
        within(&*self.clock, limit, Box::pin(self.send_fresh(now, until))).await;
    }

    async fn flush(&self, of: Option<&Arc<str>>, until: Timestamp) -> FlushOutcome {
        let own = of.and_then(|request_id| self.store().buffer_of(request_id));
        self.send_all(own, until).await
    }

    fn stream_closed(&self, stream: StreamClosed) {
        let Some((entry, given_up)) = self.store().close(&stream) else {
            return;
        };
        self.print(&given_up);
        self.line_sink.line(&entry.line(&stream, &self.emf, self.clock.now()));
    }

    fn shutdown(&self) {
        let given_up = self.store().give_up_all();
        self.print(&given_up);
        self.write_late_lines();
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
mod tests;
