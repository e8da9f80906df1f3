//! What an environment did, in order. A record only.

use std::sync::Mutex;

use tokio::sync::watch;

use super::process::Exit;
use crate::clock::Stamp;

/// A change in the life of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A process was started: a cold start. Counts from 1.
    Started(u64),
    /// Runtime and extensions had asked for their first event.
    Ready,
    /// An invocation was handed over: its request id.
    Invoked(String),
    /// Everything stood still: all threads are stopped.
    Frozen,
    /// It was let go on.
    Thawed,
    /// An invocation had run into its deadline; the process was killed.
    TimedOut(Exit),
    /// The process ended by itself.
    Exited(Exit),
    /// This extension ended by itself; the environment goes on without it.
    ExtensionExited(String, Exit),
    /// It was shut down.
    ShutDown(Exit),
}

#[derive(Debug, Default)]
pub(super) struct Timeline {
    phases: Mutex<Vec<(Stamp, Phase)>>,
    changed: watch::Sender<()>,
}

impl Timeline {
    pub(super) fn mark(&self, phase: Phase) {
        crate::lock(&self.phases).push((Stamp::now(), phase));
        self.changed.send_modify(|()| ());
    }

    pub(super) fn phases(&self) -> Vec<(Stamp, Phase)> {
        crate::lock(&self.phases).clone()
    }

    pub(super) async fn after(&self, seen: usize) -> Vec<(Stamp, Phase)> {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.changed.subscribe().wait_for(|()| crate::lock(&self.phases).len() > seen).await;
        crate::lock(&self.phases)[seen..].to_vec()
    }
}
