//! What an environment did, in order. A record only.

use std::sync::Mutex;

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
pub(super) struct Timeline(Mutex<Vec<(Stamp, Phase)>>);

impl Timeline {
    pub(super) fn mark(&self, phase: Phase) {
        crate::lock(&self.0).push((Stamp::now(), phase));
    }

    pub(super) fn phases(&self) -> Vec<(Stamp, Phase)> {
        crate::lock(&self.0).clone()
    }
}
