//! The tracing configuration that all invocations of a process share.

use crate::{Clock, Shutdown, SpanIds, TRACE_AGE_MAX, Telemetry};
use std::{sync::Arc, time::Duration};

/// The time limit for the flush of an invocation, body and loop together.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// The same limit while Lambda stops the process, for which it allows 300 ms in total.
const SHUTDOWN_FLUSH: Duration = Duration::from_millis(200);

/// The tracing configuration that all invocations of a process share.
#[derive(Clone)]
pub struct TraceConfig {
    /// The source of span times.
    pub clock: Arc<dyn Clock>,
    /// The source of span ids.
    pub ids: Arc<dyn SpanIds>,
    /// Where finished spans go.
    pub telemetry: Arc<dyn Telemetry>,
    /// `service.name`, and the annotation `Service`.
    pub service: Arc<str>,
    /// A trace header whose trace began longer ago than this is ignored: [`crate::TRACE_AGE_MAX`], or less if the
    /// receiver accepts less.
    pub trace_age_max: Duration,
    /// The time limit for the flush of an invocation, body and loop together.
    pub flush_timeout: Duration,
    /// The limit that replaces it once the process is asked to stop.
    pub shutdown_flush: Duration,
    /// The signal that the process is to stop: a flush in progress is then cut to that limit.
    pub shutdown: Shutdown,
}

impl TraceConfig {
    /// The configuration with Lambda's limits: 5 s for a flush, 200 ms once the process is asked to stop.
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn SpanIds>, telemetry: Arc<dyn Telemetry>, service: &str) -> Self {
        Self {
            clock,
            ids,
            telemetry,
            service: service.into(),
            trace_age_max: TRACE_AGE_MAX,
            flush_timeout: FLUSH_TIMEOUT,
            shutdown_flush: SHUTDOWN_FLUSH,
            shutdown: Shutdown::default(),
        }
    }
}
