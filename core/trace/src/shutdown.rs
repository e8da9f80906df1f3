//! The signal that the process is to stop; every session sees it.

use crate::{Clock, Timestamp};
use futures::{
    FutureExt,
    channel::oneshot,
    future::{BoxFuture, Either, Shared, select},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Resolves once the process is to stop. All clones share one signal.
#[derive(Clone)]
pub struct Shutdown {
    signal: Shared<BoxFuture<'static, ()>>,
    sender: Arc<Mutex<Option<oneshot::Sender<()>>>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        let (sender, receiver) = oneshot::channel();
        // The sender lives as long as any clone, so the channel cannot close while a receiver waits.
        let signal = receiver.map(drop).boxed().shared();
        Self { signal, sender: Arc::new(Mutex::new(Some(sender))) }
    }
}

impl Shutdown {
    /// Asks every holder of a clone to stop. Calling it again has no effect.
    pub fn ask(&self) {
        if let Some(sender) = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // An error means that there is no receiver yet; one that is made later finds the channel closed, which
            // counts as asked.
            let _ = sender.send(());
        }
    }

    /// Resolves once [`Self::ask`] was called.
    pub fn asked(&self) -> impl Future<Output = ()> + Send + Unpin + use<> {
        self.signal.clone()
    }

    /// Resolves at `until`, or `grace` after [`Self::ask`] was called if that is sooner.
    pub async fn limit(&self, clock: &dyn Clock, until: Timestamp, grace: Duration) {
        if let Either::Right(((), _)) = select(clock.sleep_until(until), self.asked()).await {
            clock.sleep_until(until.min(clock.now().plus(grace))).await;
        }
    }

    /// Whether [`Self::ask`] was called.
    pub fn is_asked(&self) -> bool {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clone_hears_it_early_or_late() {
        let shutdown = Shutdown::default();
        let mut early = shutdown.asked();
        assert!((&mut early).now_or_never().is_none() && !shutdown.is_asked());
        shutdown.clone().ask();
        shutdown.ask();
        assert!(early.now_or_never().is_some() && shutdown.asked().now_or_never().is_some() && shutdown.is_asked());
    }
}
