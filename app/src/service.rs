//! What a handler needs: the ports of a stream, tokens, configurations, limits. Made by `compose`, and shared by every
//! invocation of the process.

use lambda_trace::{CallError, InvocationStart, TraceConfig, TraceContext};
use sse_core::{
    plan::Limits,
    ports::{ConfigurationStore, ConnectionPool, TokenVerifier, Untraced},
    stream::StreamPorts,
    trouble::Trouble,
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// The service, ready to handle.
pub struct Service {
    /// The ports of streams.
    pub ports: StreamPorts,
    /// The tracing configuration of invocations.
    pub tracing: TraceConfig,
    /// The verifier of tokens.
    pub tokens: Arc<dyn TokenVerifier>,
    /// The store of configurations; `None` if there is no users table.
    pub configurations: Option<Untraced<dyn ConfigurationStore>>,
    /// The limits of every stream.
    pub limits: Limits,
    /// How many streams there are.
    pub slots: Slots,
    is_traced: bool,
    warm: AtomicBool,
    /// Of lookups in the users table.
    trouble: Mutex<Trouble>,
}

impl Service {
    /// A service that has handled nothing yet. `is_traced` is false if tracing is off.
    pub fn new(
        ports: StreamPorts,
        tracing: TraceConfig,
        tokens: Arc<dyn TokenVerifier>,
        configurations: Option<Untraced<dyn ConfigurationStore>>,
        limits: Limits,
        slots: Slots,
        is_traced: bool,
    ) -> Self {
        let (warm, trouble) = (AtomicBool::new(false), Mutex::default());
        Self { ports, tracing, tokens, configurations, limits, slots, is_traced, warm, trouble }
    }

    /// The trace context of this invocation's own header. With tracing off it is not sampled, so that nothing is made
    /// only to be discarded.
    pub fn trace_context(&self, header: Option<&str>) -> TraceContext {
        TraceContext::parse(header.filter(|_| self.is_traced))
    }

    /// The start of an invocation as it is to be traced: not at all, if tracing is off.
    pub fn traced(&self, start: InvocationStart) -> InvocationStart {
        let context = if self.is_traced { start.context } else { TraceContext::parse(None) };
        InvocationStart { context, ..start }
    }

    /// A configuration was looked up, perhaps in vain: the operator is told once a change.
    pub(crate) fn tell_of_lookup(&self, error: Option<&CallError>) {
        let is_news = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).is_news(error);
        match error {
            Some(error) if is_news => self.ports.operator_log.lookups_failing(error),
            None if is_news => self.ports.operator_log.lookups_recovered(),
            _ => {}
        }
    }

    /// Whether this is the first invocation of the process: `true` once.
    pub fn is_cold_start(&self) -> bool {
        !self.warm.swap(true, Relaxed)
    }
}

/// The counts of slots: slots themselves are taken through the traced port.
pub struct Slots(Arc<dyn ConnectionPool>);

impl Slots {
    /// The counts of this pool.
    pub fn of(pool: Arc<dyn ConnectionPool>) -> Self {
        Self(pool)
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.0.count()
    }

    /// How many there are.
    pub fn max(&self) -> usize {
        self.0.max()
    }
}
