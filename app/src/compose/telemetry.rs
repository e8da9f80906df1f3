//! Where spans go, each phase its own way.

use super::spans::SpanList;
use crate::{
    config::{Config, ConfigErrors, TelemetrySink},
    operator_log::TracingOperatorLog,
};
use lambda_trace::{Clock, Telemetry};
use lambda_trace_otlp::{Off, Pipeline, PipelineConfig, PipelinePorts, Stdout, StdoutTelemetry, resource};
use lambda_trace_xray::{DaemonAddress, XrayDaemon};
use sse_adapters::{memory::MemoryTelemetry, telemetry::Composite};
use std::sync::Arc;

pub(super) struct Sinks {
    pub(super) sink: Arc<dyn Telemetry>,
    pub(super) spans: Option<SpanList>,
}

pub(super) fn compose(config: &Config, clock: Arc<dyn Clock>, errors: &mut ConfigErrors) -> Option<Sinks> {
    let daemon = daemon(config, errors);
    let mut spans = None;
    let streaming: Arc<dyn Telemetry> = match config.telemetry {
        TelemetrySink::Off => return Some(Sinks { sink: Arc::new(Off), spans }),
        TelemetrySink::Stdout => Arc::new(StdoutTelemetry::new(&resource(&config.service), Arc::new(Stdout))),
        TelemetrySink::Memory => {
            let memory = Arc::<MemoryTelemetry>::default();
            spans = Some(SpanList::of(memory.clone()));
            if daemon.is_none() {
                // It takes both phases, and the page shows both.
                return Some(Sinks { sink: memory, spans });
            }
            memory
        }
        TelemetrySink::Adot => Arc::new(pipeline(config, clock, errors)?),
    };
    Some(Sinks { sink: Arc::new(Composite { handler: daemon, streaming }), spans })
}

fn pipeline(config: &Config, clock: Arc<dyn Clock>, errors: &mut ConfigErrors) -> Option<Pipeline> {
    let headers = config.otlp.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
    let pipeline = PipelineConfig {
        service: config.service.clone(),
        endpoint: config.otlp.traces_url.clone(),
        headers: headers.collect(),
        trace_budget_bytes: config.trace_budget_bytes,
        retain_bytes: config.retain_bytes,
        metrics_namespace: config.metrics_namespace.clone(),
        environment: config.environment.clone(),
    };
    let ports = PipelinePorts { lines: Arc::new(Stdout), collector_log: Arc::new(TracingOperatorLog), clock };
    Pipeline::new(pipeline, ports)
        .map_err(|error| {
            errors.note_by_name("OTEL_EXPORTER_OTLP_ENDPOINT", format!("or another of its kind: {error}"));
        })
        .ok()
}

fn daemon(config: &Config, errors: &mut ConfigErrors) -> Option<XrayDaemon> {
    let text = config.xray_daemon.as_ref()?;
    let opened = text.parse::<DaemonAddress>().map_err(|error| error.to_string());
    let opened =
        opened.and_then(|address| XrayDaemon::new(address).map_err(|error| format!("cannot be used: {error}")));
    opened.map_err(|error| errors.note_by_name("AWS_XRAY_DAEMON_ADDRESS", error)).ok()
}
