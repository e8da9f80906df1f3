//! What was read from a deployment, as plain values. Checks see nothing else: no clock, no network, no secret.

mod deployment;
mod document;
mod event;
mod holdings;
mod log;
mod log_entry;
mod log_line;
mod stream;
mod trace;

pub use deployment::{Alarm, AuthType, FunctionConfig, InvokeMode, Policy, Statement, UrlConfig, VARIABLES_READ};
pub use document::{Call, Node, NodeKind};
pub use event::Event;
pub use holdings::Holdings;
pub use log::Log;
pub use log_entry::{LateLedger, Ledger, MemoryReport};
pub use stream::{Purpose, StreamEnd, StreamRecord};
pub use trace::{Phase, STREAMING_SPANS, Trace, TraceStore};

use std::{collections::BTreeMap, fmt, time::Duration};

/// Why something could not be read: the call, and the response. It contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread(pub String);

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was read, or why it was not.
pub type Reading<T> = Result<T, Unread>;

/// The requirements that the run applies to the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the function and its extensions together stays below this, in MB.
    pub memory_mb: u64,
    /// The first event is there this soon after the request.
    pub first_event: Duration,
    /// What the layer may add to a cold start.
    pub cold_start: Duration,
    /// So many streams have to be possible at once.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_mb: 450,
            first_event: Duration::from_secs(5),
            cold_start: Duration::from_millis(200),
            streams: 10,
        }
    }
}

/// What the run was asked to try; checks do not expect anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Enough streams one after another to show warm invocations.
    pub is_warm: bool,
    /// To resume a stream beside a new one.
    pub is_resume: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self { is_warm: true, is_resume: true }
    }
}

/// A second function, to compare cold starts with.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Its configuration.
    pub function: Reading<FunctionConfig>,
    /// Its log.
    pub log: Reading<Log>,
}

/// Everything that one run read.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The address that was judged, without query and credentials.
    pub target: String,
    /// The requirements on the deployment.
    pub limits: Limits,
    /// What the run was asked to try.
    pub asked: Asked,
    /// The streams that the run opened, in the order of opening.
    pub streams: Vec<StreamRecord>,
    /// Their traces, by id.
    pub traces: BTreeMap<String, Reading<Trace>>,
    /// The function's configuration.
    pub function: Reading<FunctionConfig>,
    /// The configuration of its URL.
    pub url: Reading<UrlConfig>,
    /// Its resource policy; one without statements if there is none.
    pub policy: Reading<Policy>,
    /// Its reserved concurrency, if any is reserved.
    pub reserved_concurrency: Reading<Option<u32>>,
    /// The metric alarms of the account in this region.
    pub alarms: Reading<Vec<Alarm>>,
    /// The function's log over the run.
    pub log: Reading<Log>,
    /// The other function, if one was named.
    pub comparison: Option<Comparison>,
}

impl Evidence {
    /// The streams that were answered with events, not refused and not turned away as busy.
    pub fn served(&self) -> impl Iterator<Item = &StreamRecord> {
        self.streams.iter().filter(|stream| stream.is_served())
    }

    /// Whether the function runs on Managed Instances; `None` if its configuration could not be read.
    pub fn is_managed_instances(&self) -> Option<bool> {
        self.function.as_ref().ok().map(|function| function.is_managed_instances)
    }
}
