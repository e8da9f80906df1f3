//! An execution environment: the process of the function, and those of its extensions. It is frozen when there is
//! nothing to do, thawed by an invocation, killed at a deadline, and shut down at the end.
//!
//! It is frozen at the point where Lambda freezes: when every slot of the runtime has asked for `next` and every
//! extension for its next event, SIGSTOP is sent to the process groups, while the clocks go on. The next invocation
//! sends SIGCONT. After a deadline, or if the process ends by itself, the next invocation starts a new one, as on
//! Lambda.
//!
//! It knows nothing of what the function does.

mod builder;
mod freeze;
mod log;
mod memory;
mod process;
mod shutdown;
mod start;
mod state;
mod supervisor;
mod timeline;
mod variables;

pub use builder::EnvironmentBuilder;
pub use freeze::Freeze;
pub use log::{Log, LogLine, Stream};
pub use memory::Memory;
pub use process::Exit;
pub use shutdown::{MANAGED_RUNTIME_SHUTDOWN, RUNTIME_SHUTDOWN, Shutdown};
pub use start::{StartError, StartFailure};
pub use timeline::Phase;
pub use variables::Sidecar;

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use nix::sys::signal::Signal;
use tokio::{
    sync::{Mutex as AsyncMutex, Notify, watch},
    task::JoinHandle,
};

use crate::{
    clock::Stamp,
    runtime_api::{Call, Invocation, RuntimeApi, Violation},
    telemetry_api::Kind,
};
use state::Inner;
use timeline::Timeline;

/// Whether an environment would take an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// Immediately.
    Free,
    /// After a cold start: it has no process.
    Down,
    /// It is busy, starting or being stopped.
    Busy,
}

/// One execution environment. Several may live side by side. Dropping it kills its processes.
#[derive(Debug)]
pub struct Environment {
    inner: Arc<Inner>,
    supervisor: JoinHandle<()>,
}

impl EnvironmentBuilder {
    /// Starts the processes and waits for the end of the init phase.
    ///
    /// # Errors
    /// The program cannot be started, reports an init error, ends, or takes too long.
    pub async fn start(mut self) -> Result<Environment, StartError> {
        let spawn_error = |error| StartError { failure: StartFailure::Spawn(error), log: Vec::new() };
        let api = RuntimeApi::start(std::mem::take(&mut self.api)).map_err(spawn_error)?;
        let (queue, extensions) = (Arc::clone(api.queue()), self.extension_names());
        let log = Log::telling(move |line| {
            let kind = if extensions.contains(&line.program) { Kind::Extension } else { Kind::Function };
            queue.subscribers.line(&line.at, kind, &line.text);
        });
        let inner = Arc::new(Inner {
            api,
            log: Arc::new(log),
            timeline: Timeline::default(),
            freeze: Mutex::new(self.freeze),
            frozen: watch::Sender::new(false),
            wake: Notify::new(),
            gate: AsyncMutex::default(),
            config: self,
        });
        inner.boot(&mut *inner.gate.lock().await).await?;
        let supervisor = tokio::spawn(Arc::clone(&inner).supervise());
        Ok(Environment { inner, supervisor })
    }
}

impl Environment {
    /// An environment for this program.
    pub fn builder(program: impl AsRef<Path>) -> EnvironmentBuilder {
        EnvironmentBuilder::new(program.as_ref())
    }

    /// Invokes the function: thaws the environment, or starts a new process if there is none. On Managed Instances an
    /// invocation that meets no free worker is over at once, with [`Outcome::Throttled`](crate::Outcome::Throttled).
    ///
    /// # Errors
    /// A process had to be started and did not start.
    pub async fn invoke(&self, invocation: impl Into<Invocation> + Send) -> Result<Call, StartError> {
        let invocation = invocation.into();
        let mut running = self.inner.gate.lock().await;
        self.inner.tidy(&mut running).await;
        if running.runtime.is_none() {
            self.inner.boot(&mut running).await?;
        }
        self.inner.thaw(&running);
        let call = self.inner.api.invoke(invocation);
        self.inner.timeline.mark(Phase::Invoked(call.request_id().to_owned()));
        self.inner.wake.notify_one();
        Ok(call)
    }

    /// Waits until every slot and every extension waits for its next event.
    pub async fn idle(&self) {
        self.inner.api.idle().await;
    }

    /// Waits until the environment is frozen.
    pub async fn frozen(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.inner.frozen.subscribe().wait_for(|frozen| *frozen).await;
    }

    /// Whether the environment is frozen: every thread of the function, of its extensions and of what they started is stopped,
    /// says the kernel.
    pub async fn is_stopped(&self) -> bool {
        let running = self.inner.gate.lock().await;
        let extensions = running.extensions.iter().all(|extension| extension.is_stopped());
        extensions && running.runtime.as_ref().is_some_and(|runtime| runtime.is_stopped())
    }

    /// Freezes from now on at another point. `Never` does not thaw a frozen environment; an invocation does.
    pub fn set_freeze(&self, freeze: Freeze) {
        *crate::lock(&self.inner.freeze) = freeze;
        self.inner.wake.notify_one();
    }

    /// Shuts down as Lambda does: SIGTERM if an extension is registered, internal ones count, 300 ms (600 on Managed
    /// Instances), SIGKILL; extensions get SHUTDOWN and what
    /// is left of 2 s. An invocation under way ends. `None` if nothing ran. A later invocation is a cold start.
    pub async fn shut_down(&self) -> Option<Shutdown> {
        self.inner.shut_down().await
    }

    /// Kills the function's process without notice.
    pub async fn kill(&self) {
        if let Some(runtime) = &self.inner.gate.lock().await.runtime {
            runtime.signal(Signal::SIGKILL);
            runtime.exit().await;
        }
    }

    /// The output of its processes.
    pub fn log(&self) -> &Log {
        &self.inner.log
    }

    /// The events of its life, in order.
    pub fn timeline(&self) -> Vec<(Stamp, Phase)> {
        self.inner.timeline.phases()
    }

    /// Waits until more than `seen` things have happened to it, and returns those behind the first `seen`. Safe to cancel.
    pub async fn timeline_after(&self, seen: usize) -> Vec<(Stamp, Phase)> {
        self.inner.timeline.after(seen).await
    }

    /// Whether an invocation would be taken at once, without a cold start.
    pub async fn has_free_worker(&self) -> bool {
        let running = self.inner.gate.lock().await;
        let lives = running.runtime.as_ref().is_some_and(|runtime| runtime.exited().is_none());
        lives && self.inner.api.queue().has_free_worker()
    }

    /// Whether it would take an invocation, without waiting for anything.
    pub(crate) fn availability(&self) -> Availability {
        let Ok(running) = self.inner.gate.try_lock() else { return Availability::Busy };
        match &running.runtime {
            None => Availability::Down,
            // Its end is about to be seen by the supervisor, too.
            Some(runtime) if runtime.exited().is_some() => Availability::Busy,
            Some(_) if self.inner.api.queue().takes_one() => Availability::Free,
            Some(_) => Availability::Busy,
        }
    }

    /// Whether its process is there.
    pub async fn is_running(&self) -> bool {
        self.inner.gate.lock().await.runtime.as_ref().is_some_and(|runtime| runtime.exited().is_none())
    }

    /// What a correct runtime or extension would not do.
    pub fn violations(&self) -> Vec<Violation> {
        self.inner.api.violations()
    }

    /// Its Runtime API, for what is not offered here.
    pub fn runtime_api(&self) -> &RuntimeApi {
        &self.inner.api
    }

    /// From the start of the process to its first `next`.
    pub fn init_duration(&self) -> Option<Duration> {
        self.inner.api.queue().init_duration()
    }

    /// Memory of the function's process.
    pub async fn memory(&self) -> Option<Memory> {
        self.inner.gate.lock().await.runtime.as_ref().and_then(|runtime| runtime.memory())
    }

    /// Memory of each external extension, by name.
    pub async fn extension_memory(&self) -> Vec<(String, Memory)> {
        let running = self.inner.gate.lock().await;
        running.extensions.iter().filter_map(|process| Some((process.name.clone(), process.memory()?))).collect()
    }

    /// The process id of the function.
    pub async fn pid(&self) -> Option<u32> {
        self.inner.gate.lock().await.runtime.as_ref().map(|runtime| runtime.pid())
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // The supervisor holds the other reference to `inner`; without it the processes go with this one.
        self.supervisor.abort();
    }
}
