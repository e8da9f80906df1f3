//! What every invocation of a process shares.

use crate::{Clock, Shutdown, SpanIds, TRACE_AGE_MAX, Telemetry};
use std::{sync::Arc, time::Duration};

/// The flush of an invocation, body and loop together.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// The same while Lambda stops the process, for which it gives 300 ms in all.
const SHUTDOWN_FLUSH: Duration = Duration::from_millis(200);

/// What every invocation of a process shares.
#[derive(Clone)]
pub struct TraceConfig {
    /// Span times come from here.
    pub clock: Arc<dyn Clock>,
    /// Span ids come from here.
    pub ids: Arc<dyn SpanIds>,
    /// Finished spans go here.
    pub telemetry: Arc<dyn Telemetry>,
    /// `service.name`, and the annotation `Service`.
    pub service: Arc<str>,
    /// A header whose trace began longer ago is no context: [`crate::TRACE_AGE_MAX`], unless where spans go takes less.
    pub trace_age_max: Duration,
    /// One limit per invocation, body and loop together.
    pub flush_timeout: Duration,
    /// The limit instead of it once the process is being stopped.
    pub shutdown_flush: Duration,
    /// The process is being stopped: of a flush that goes on no more than that limit is left.
    pub shutdown: Shutdown,
}

impl TraceConfig {
    /// With Lambda's limits: 5 s for a flush, 200 ms once the process is being stopped.
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
