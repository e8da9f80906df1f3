//! The end of an environment, as Lambda brings it about, and how it went.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::{process::Exit, state::Inner, timeline::Phase};
use crate::{clock::Stamp, runtime_api::Outcome};

/// What the runtime has between SIGTERM and SIGKILL.
pub const RUNTIME_SHUTDOWN: Duration = Duration::from_millis(300);
/// The same on Managed Instances.
pub const MANAGED_RUNTIME_SHUTDOWN: Duration = Duration::from_millis(600);
/// What runtime and extensions have together.
const ALL_SHUTDOWN: Duration = Duration::from_secs(2);

/// How an environment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How the runtime's process ended.
    pub exit: Exit,
    /// Whether it was sent SIGTERM: only where an extension is registered.
    pub terminated: bool,
    /// Whether it had to be killed: it outlived its 300 ms (600 on Managed Instances), or was given none.
    pub killed: bool,
    /// From the first signal to its end.
    pub duration: Duration,
    /// Extensions that outlived what was left of the 2 s.
    pub extensions_killed: usize,
}

impl Inner {
    /// Shuts down; `None` if nothing runs.
    pub(super) async fn shut_down(&self) -> Option<Shutdown> {
        let mut running = self.gate.lock().await;
        self.tidy(&mut running).await;
        let runtime = running.runtime.clone()?;
        self.thaw(&running);
        let begin = Stamp::now();
        let registered = self.config.extension_present || !self.api.queue().extension_names().is_empty();
        let granted = if self.api.queue().function.is_managed() { MANAGED_RUNTIME_SHUTDOWN } else { RUNTIME_SHUTDOWN };
        let granted = self.config.runtime_shutdown.unwrap_or(granted);
        let limit = if registered { granted } else { Duration::ZERO };
        if self.config.abort_at_shutdown {
            self.api.queue().abort();
        }
        runtime.signal(if registered { Signal::SIGTERM } else { Signal::SIGKILL });
        let (exit, late) = runtime.exit_within(limit).await;
        let left = ALL_SHUTDOWN.saturating_sub(begin.elapsed());
        let extensions_killed = self.end_extensions(&mut running, "spindown", left).await;
        running.runtime = None;
        self.timeline.mark(Phase::ShutDown(exit));
        self.api.queue().reset(&Outcome::Exited);
        self.wake.notify_one();
        let killed = late || !registered;
        Some(Shutdown { exit, terminated: registered, killed, duration: exit.at.since(&begin), extensions_killed })
    }
}
