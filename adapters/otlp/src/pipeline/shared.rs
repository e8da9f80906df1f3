//! What a pipeline and the handles of its streams share.

use crate::{
    attempt_log::AttemptLog,
    buffered::BufferedSpan,
    collector_watch::CollectorWatch,
    convert,
    json::{Level, OtlpJson},
    ledger_line::Emf,
    line_sink::LineSink,
    store::{GivenUp, SpanStore},
    sync::{Mutex, MutexGuard},
    transport::TransportLimits,
};
use futures::lock::Mutex as AsyncMutex;
use lambda_trace::Clock;
use opentelemetry::InstrumentationScope;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SpanData;
use std::sync::{Arc, PoisonError};

/// Shared state of a process.
pub(crate) struct Shared {
    pub(super) store: Mutex<SpanStore>,
    /// The SDK forbids concurrent exports, and so does the attempt log.
    pub(crate) exporter: AsyncMutex<SpanExporter>,
    pub(crate) attempt_log: Arc<AttemptLog>,
    pub(super) scope: InstrumentationScope,
    pub(crate) limits: TransportLimits,
    pub(super) otlp_json: OtlpJson,
    pub(super) emf: Emf,
    pub(crate) collector_watch: CollectorWatch,
    pub(super) lines: Arc<dyn LineSink>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Shared {
    pub(crate) fn store(&self) -> MutexGuard<'_, SpanStore> {
        // Nothing in the store panics; if it did, half an update would still be better than no telemetry.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes given-up spans, one line each.
    pub(crate) fn print<'s>(&self, spans: impl IntoIterator<Item = &'s BufferedSpan>) {
        for span in self.convert(spans) {
            self.lines.line(&self.otlp_json.line(span, self.clock.now(), Level::Error));
        }
    }

    /// Writes given-up spans, and the late lines of the streams that they belonged to.
    pub(super) fn give_up(&self, spans: &GivenUp) {
        if !spans.is_empty() {
            self.print(spans);
            self.write_late_lines();
        }
    }

    /// The spans in the SDK's form.
    pub(crate) fn convert<'s>(&self, spans: impl IntoIterator<Item = &'s BufferedSpan>) -> Vec<SpanData> {
        spans.into_iter().map(|buffered| convert::span_data(buffered, &self.scope)).collect()
    }

    pub(crate) fn write_late_lines(&self) {
        let late_lines = self.store().late_lines();
        for late in late_lines {
            self.lines.line(&late.line(&self.emf, self.clock.now()));
        }
    }
}
