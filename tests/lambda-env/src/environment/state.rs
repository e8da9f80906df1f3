//! What an environment consists of: its processes, behind a gate, and what is known of them. It starts and stops nothing.

use std::sync::{Arc, Mutex};

use nix::sys::signal::Signal;
use tokio::sync::{Mutex as AsyncMutex, Notify, watch};

use super::{builder::EnvironmentBuilder, freeze::Freeze, log::Log, process::Process, timeline::Timeline};
use crate::runtime_api::RuntimeApi;

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) config: EnvironmentBuilder,
    pub(super) api: RuntimeApi,
    pub(super) log: Arc<Log>,
    pub(super) timeline: Timeline,
    pub(super) freeze: Mutex<Freeze>,
    pub(super) frozen: watch::Sender<bool>,
    /// Wakes the supervisor, because something has changed.
    pub(super) wake: Notify,
    pub(super) gate: AsyncMutex<Running>,
}

impl Inner {
    pub(super) fn is_frozen(&self) -> bool {
        *self.frozen.borrow()
    }
}

#[derive(Debug, Default)]
pub(super) struct Running {
    pub(super) generation: u64,
    pub(super) runtime: Option<Arc<Process>>,
    pub(super) extensions: Vec<Arc<Process>>,
}

impl Running {
    /// Signals runtime and extensions.
    pub(super) fn signal(&self, signal: Signal) {
        self.runtime.iter().for_each(|process| process.signal(signal));
        self.extensions.iter().for_each(|process| process.signal(signal));
    }
}
