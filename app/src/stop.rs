//! Ctrl-C and SIGTERM, for everything on the command line that waits.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Receives both signals from the moment it is made; they no longer end the process by themselves.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Starts to receive.
    ///
    /// # Errors
    /// The system has no way to hear signals.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Resolves at the next of them. Cancel-safe.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// The result of `work`, or `None` if it was stopped; it is dropped then.
    pub(crate) async fn unless_asked<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = work => Some(outcome),
            () = self.asked() => None,
        }
    }
}
