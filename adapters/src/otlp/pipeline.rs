//! The streaming pipeline: the port `Telemetry` over the SDK's parts (ids, sampler, resource, `SpanData`, OTLP exporter)
//! and ours (guard, budget, books, ledger). No thread, no blocking call: it is driven by whoever flushes.

use super::{
    books::{Books, GivenUp},
    config::{PipelineConfig, PipelineError, resource},
    convert,
    held::Held,
    http::{HttpWire, Tcp},
    json::Printer,
    ledger_line::Emf,
    lines::Lines,
    report::Report,
    sampling::{self, Sampling},
    size::Sizes,
    wire::{Noted, Wire},
};
use crate::address;
use async_trait::async_trait;
use futures::lock::Mutex as AsyncMutex;
use opentelemetry::InstrumentationScope;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanExporter as _},
};
use sse_core::{
    ids::SpanId,
    limit::within,
    ports::{Clock, FlushOutcome, StreamClosed, StreamOpened, Telemetry},
    telemetry::{Finished, Handler, Streaming},
    time::Timestamp,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An export in mid-stream is given up after this, in milliseconds; a flush is bounded by its caller.
const EXPORT_LIMIT_MS: u64 = 5_000;

/// Streaming-phase spans to an OTLP receiver, with nothing lost silently.
pub struct Pipeline {
    books: Mutex<Books>,
    /// The SDK forbids concurrent exports; so does the report.
    pub(super) exporter: AsyncMutex<SpanExporter>,
    pub(super) report: Arc<Report>,
    sampling: Sampling,
    scope: InstrumentationScope,
    printer: Printer,
    emf: Emf,
    lines: Arc<dyn Lines>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Pipeline {
    /// A pipeline over HTTP. `lines` takes ledger lines and given-up spans.
    ///
    /// # Errors
    /// If the endpoint is none, or the exporter refuses its configuration.
    pub fn new(config: PipelineConfig, lines: Arc<dyn Lines>, clock: Arc<dyn Clock>) -> Result<Self, PipelineError> {
        let wire = HttpWire::new(tcp(&config.endpoint)?);
        let resource = resource(&config.service);
        Self::over(Arc::new(wire), config, &resource, lines, clock)
    }

    /// A pipeline over any wire.
    ///
    /// # Errors
    /// If the exporter refuses its configuration.
    pub fn over(
        wire: Arc<dyn Wire>,
        config: PipelineConfig,
        resource: &Resource,
        lines: Arc<dyn Lines>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PipelineError> {
        let report = Arc::<Report>::default();
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Noted::new(wire, report.clone()))
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
            books: Mutex::new(Books::new(config.retain_bytes, config.trace_budget_bytes, sizes)),
            exporter: AsyncMutex::new(exporter),
            report,
            sampling: Sampling::default(),
            scope: convert::scope(),
            printer: Printer::new(resource),
            emf: Emf { namespace: config.metrics_namespace, environment: config.environment },
            lines,
            clock,
        })
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing in the books panics; if it did, half an update would still be better than no telemetry.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes given-up spans, one line each.
    pub(super) fn print(&self, spans: &GivenUp) {
        for span in self.convert(spans) {
            self.lines.line(&self.printer.line(span));
        }
    }

    /// In the SDK's form.
    pub(super) fn convert(&self, spans: &[Held]) -> Vec<SpanData> {
        spans.iter().map(|held| convert::span_data(held, &self.scope)).collect()
    }

    pub(super) fn write_late_lines(&self) {
        let lines = self.books().late_lines();
        for late in lines {
            self.lines.line(&late.line(&self.emf, self.clock.now()));
        }
    }
}

#[async_trait]
impl Telemetry for Pipeline {
    fn span_id(&self) -> SpanId {
        sampling::span_id()
    }

    /// Not this pipeline's phase: see [`crate::telemetry::Composite`].
    fn handler_phase(&self, _: Finished<Handler>) {}

    fn stream_opened(&self, stream: StreamOpened) {
        let is_recorded = self.sampling.records(&stream.parent);
        self.books().open(stream, is_recorded);
    }

    fn streaming_phase(&self, span: Finished<Streaming>) {
        let given_up = self.books().record(span);
        self.print(&given_up);
    }

    fn is_export_due(&self, now: Timestamp) -> bool {
        // While something is sent an export would have to wait, and nobody knows for whom and how long.
        self.books().is_export_due(now) && self.exporter.try_lock().is_some()
    }

    async fn export(&self, now: Timestamp) {
        let until = now.plus_ms(EXPORT_LIMIT_MS);
        let limit = self.clock.sleep_until(until);
        within(&*self.clock, limit, Box::pin(self.send_fresh(now, until))).await;
    }

    async fn flush(&self, of: Option<&Arc<str>>, until: Timestamp) -> FlushOutcome {
        let own = of.and_then(|request_id| self.books().account_of(request_id));
        self.send_all(own, until).await
    }

    fn stream_closed(&self, stream: StreamClosed) {
        let Some((settlement, given_up)) = self.books().close(&stream) else {
            return;
        };
        self.print(&given_up);
        self.lines.line(&settlement.line(&stream, &self.emf, self.clock.now()));
    }

    fn last_words(&self) {
        let given_up = self.books().give_up_all();
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
