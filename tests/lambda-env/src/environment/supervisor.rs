//! Who freezes, and who kills what has run into its deadline. Invocations come in by `Environment`; both hold the gate
//! while they act, so an event is never handed to an environment that is being stopped.

use std::{sync::Arc, time::Duration};

use nix::sys::signal::Signal;

use super::{
    freeze::Freeze,
    process::{Exit, Process},
    state::{Inner, Running},
    timeline::Phase,
};
use crate::runtime_api::{InvocationQueue, Outcome};

/// Lambda's limit for runtime and extensions together at the end.
const SHUTDOWN_TIME: Duration = Duration::from_secs(2);

impl Inner {
    /// Runs as long as the environment.
    pub(super) async fn supervise(self: Arc<Self>) {
        let queue = self.api.queue();
        loop {
            let (runtime, extensions) = {
                let running = self.gate.lock().await;
                (running.runtime.clone(), running.extensions.clone())
            };
            let freezes = self.freezes() && !self.is_frozen() && runtime.is_some();
            let ended = async {
                match &runtime {
                    Some(runtime) => runtime.exit().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.wake.notified() => {}
                () = queue.until(InvocationQueue::is_overdue), if runtime.is_some() => {
                    let mut running = self.gate.lock().await;
                    self.tidy(&mut running).await;
                }
                _ = ended => {
                    let mut running = self.gate.lock().await;
                    self.tidy(&mut running).await;
                    if queue.has_queue() && running.runtime.is_none() {
                        // Without a process nobody would ever take it. Its caller sees the failure of the start.
                        if self.boot(&mut running).await.is_err() {
                            queue.give_up(&Outcome::Exited);
                        }
                    }
                }
                (index, exit) = first_exit(&extensions) => {
                    let mut running = self.gate.lock().await;
                    running.extensions.retain(|extension| !Arc::ptr_eq(extension, &extensions[index]));
                    let name = extensions[index].name.clone();
                    queue.extensions(|registered| registered.gone(&name));
                    self.timeline.mark(Phase::ExtensionExited(name, exit));
                    if let Some(runtime) = running.runtime.as_ref().filter(|_| queue.function.is_managed()) {
                        // There the end of an extension, whatever its code, is the end of the environment.
                        runtime.signal(Signal::SIGKILL);
                    }
                }
                () = queue.until(InvocationQueue::is_idle), if freezes => self.freeze_now().await,
            }
        }
    }

    fn freezes(&self) -> bool {
        *crate::lock(&self.freeze) != Freeze::Never && !self.api.queue().function.is_managed()
    }

    /// Stops everything, if it is still idle.
    async fn freeze_now(&self) {
        let point = *crate::lock(&self.freeze);
        if let Freeze::After(delay) = point {
            tokio::time::sleep(delay).await;
        }
        let running = self.gate.lock().await;
        let Some(runtime) = &running.runtime else { return };
        if !self.api.is_idle() || runtime.exited().is_some() || !self.freezes() {
            return;
        }
        runtime.stop().await;
        for extension in &running.extensions {
            extension.stop().await;
        }
        if runtime.exited().is_none() {
            self.timeline.mark(Phase::Frozen);
            self.frozen.send_replace(true);
        }
    }

    /// Lets a frozen environment go on. The gate is held by the caller.
    pub(super) fn thaw(&self, running: &Running) {
        if self.is_frozen() {
            self.timeline.mark(Phase::Thawed);
            running.signal(Signal::SIGCONT);
            self.frozen.send_replace(false);
        }
    }

    /// Brings an environment that has run into a deadline, or whose process ended, to its end. The gate is held by the
    /// caller.
    pub(super) async fn tidy(&self, running: &mut Running) {
        let Some(runtime) = running.runtime.clone() else { return };
        let queue = self.api.queue();
        let (outcome, reason, phase) = if let Some(exit) = runtime.exited() {
            (Outcome::Exited, "failure", Phase::Exited(exit))
        } else if queue.is_overdue() {
            runtime.signal(Signal::SIGKILL);
            (Outcome::TimedOut, "timeout", Phase::TimedOut(runtime.exit().await))
        } else {
            return;
        };
        queue.fail(&outcome);
        self.end_extensions(running, reason, SHUTDOWN_TIME).await;
        self.timeline.mark(phase);
        running.runtime = None;
        self.frozen.send_replace(false);
        queue.reset(&outcome);
    }

    /// Tells the extensions, and kills those that are still there after `limit`. Says how many had to be killed.
    pub(super) async fn end_extensions(&self, running: &mut Running, reason: &str, limit: Duration) -> usize {
        let queue = self.api.queue();
        queue.subscribers.flush();
        queue.extensions(|extensions| extensions.shut_down(reason, limit));
        let extensions = std::mem::take(&mut running.extensions);
        let ends = extensions.iter().map(|extension| extension.exit_within(limit));
        futures::future::join_all(ends).await.into_iter().filter(|(_, killed)| *killed).count()
    }
}

/// Which of these ends first, and how. Never, if there are none.
async fn first_exit(processes: &[Arc<Process>]) -> (usize, Exit) {
    if processes.is_empty() {
        return std::future::pending().await;
    }
    let exits = processes.iter().map(|process| Box::pin(process.exit()));
    let (exit, index, _) = futures::future::select_all(exits).await;
    (index, exit)
}
