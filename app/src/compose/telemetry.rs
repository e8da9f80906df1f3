//! Where the spans of each phase go.

use super::{span_policy::span_policy, spans::SpanList};
use crate::{
    config::{Config, ConfigErrors, TelemetrySink},
    operator_log::TracingOperatorLog,
};
use lambda_trace::{Clock, HandlerTelemetry, Off, Phases, StreamingTelemetry, Telemetry};
use lambda_trace_otlp::{Pipeline, PipelineConfig, PipelineError, PipelinePorts, Stdout, StdoutTelemetry, resource};
use lambda_trace_xray::{DaemonAddress, XrayDaemon};
use sse_adapters::{aws::Aws, memory::MemoryTelemetry, xray_otlp::XrayTransport};
use std::sync::Arc;

/// The instrumentation scope of all spans.
const SCOPE: &str = "sse-streaming";

pub(super) struct Sinks {
    pub(super) telemetry: Arc<dyn Telemetry>,
    pub(super) spans: Option<SpanList>,
}

pub(super) fn compose(
    config: &Config,
    aws: Option<&Aws>,
    clock: Arc<dyn Clock>,
    errors: &mut ConfigErrors,
) -> Option<Sinks> {
    let daemon = daemon(config, errors);
    let mut spans = None;
    let streaming: Arc<dyn StreamingTelemetry> = match config.telemetry {
        TelemetrySink::Off => return Some(Sinks { telemetry: Arc::new(Phases::both(Arc::new(Off))), spans }),
        TelemetrySink::Stdout => Arc::new(StdoutTelemetry::new(
            &pipeline(config, String::new()),
            &resource(&config.service, &config.resource_attributes),
            Arc::new(Stdout),
        )),
        TelemetrySink::Memory => {
            let memory = MemoryTelemetry::default();
            spans = Some(SpanList::of(memory.clone(), config.trace_budget_bytes));
            if daemon.is_none() {
                // It takes both phases, because the page shows both.
                return Some(Sinks { telemetry: memory.sink(), spans });
            }
            Arc::new(memory)
        }
        TelemetrySink::Adot => Arc::new(to_collector(config, clock, errors)?),
        // Without a region there is no endpoint, which was reported already.
        TelemetrySink::Xray => Arc::new(to_xray(config, aws?, clock, errors)?),
    };
    let handler = daemon.unwrap_or_else(|| Arc::new(Off));
    Some(Sinks { telemetry: Arc::new(Phases { handler, streaming }), spans })
}

fn to_collector(config: &Config, clock: Arc<dyn Clock>, errors: &mut ConfigErrors) -> Option<Pipeline> {
    let headers = config.otlp.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
    let of = PipelineConfig { headers: headers.collect(), ..pipeline(config, config.otlp.traces_url.clone()) };
    Pipeline::new(of, ports(clock))
        .map_err(|error| {
            errors.note_by_name("OTEL_EXPORTER_OTLP_ENDPOINT", format!("or another of its kind: {error}"));
        })
        .ok()
}

fn to_xray(config: &Config, aws: &Aws, clock: Arc<dyn Clock>, errors: &mut ConfigErrors) -> Option<Pipeline> {
    if config.otlp.is_named {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT, _TRACES_ENDPOINT and _HEADERS have no effect with SSE_TELEMETRY=xray: spans go to X-Ray's own \
             endpoint, or where AWS_ENDPOINT_URL_XRAY says"
        );
    }
    let transport = match XrayTransport::new(aws, clock.clone()) {
        Ok(transport) => transport,
        Err(error) => {
            errors.note_by_name("AWS_ENDPOINT_URL_XRAY", format!("or another of its kind: {error}"));
            return None;
        }
    };
    let of = pipeline(config, transport.url());
    let resource = resource(&config.service, &config.resource_attributes);
    Pipeline::over(Arc::new(transport), of, &resource, ports(clock))
        .map_err(|error| match error {
            PipelineError::Resource { .. } => {
                errors.note_by_name("OTEL_SERVICE_NAME", format!("or OTEL_RESOURCE_ATTRIBUTES is too long: {error}"));
            }
            error => errors.note_by_name("SSE_TELEMETRY", format!("is xray: {error}")),
        })
        .ok()
}

fn pipeline(config: &Config, endpoint: String) -> PipelineConfig {
    PipelineConfig {
        service: config.service.clone(),
        scope: SCOPE.to_owned(),
        endpoint,
        resource_attributes: config.resource_attributes.clone(),
        headers: Vec::new(),
        trace_budget_bytes: config.trace_budget_bytes,
        policy: span_policy(),
        retain_bytes: config.retain_bytes,
        metrics_namespace: config.metrics_namespace.clone(),
        environment: config.environment.clone(),
    }
}

fn ports(clock: Arc<dyn Clock>) -> PipelinePorts {
    PipelinePorts { lines: Arc::new(Stdout), collector_log: Arc::new(TracingOperatorLog), clock }
}

/// `None` if there is none; subsegments of the handler phase are off then.
fn daemon(config: &Config, errors: &mut ConfigErrors) -> Option<Arc<dyn HandlerTelemetry>> {
    let text = config.xray_daemon.as_ref()?;
    let opened = text.parse::<DaemonAddress>().map_err(|error| error.to_string());
    let opened =
        opened.and_then(|address| XrayDaemon::new(address).map_err(|error| format!("cannot be used: {error}")));
    let opened = opened.map_err(|error| errors.note_by_name("AWS_XRAY_DAEMON_ADDRESS", error)).ok()?;
    Some(Arc::new(opened))
}
