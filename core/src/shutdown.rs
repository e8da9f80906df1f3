//! The process is being stopped: one signal, seen by every session.

use futures::{
    FutureExt,
    channel::oneshot,
    future::{BoxFuture, Shared},
};
use std::sync::{Arc, Mutex, PoisonError};

/// Resolves once the process is to stop; every clone does.
#[derive(Clone)]
pub struct Shutdown {
    asked: Shared<BoxFuture<'static, ()>>,
    asker: Arc<Mutex<Option<oneshot::Sender<()>>>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        let (asker, asked) = oneshot::channel();
        // The sender lives in `asker`, so the channel cannot be cancelled while anybody waits.
        let asked = asked.map(drop).boxed().shared();
        Self {
            asked,
            asker: Arc::new(Mutex::new(Some(asker))),
        }
    }
}

impl Shutdown {
    /// Asks everybody to stop. Again: no effect.
    pub fn ask(&self) {
        if let Some(asker) = self.asker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // An error means that nobody listens yet; whoever does later sees the channel closed, which counts as asked.
            let _ = asker.send(());
        }
    }

    /// Resolves once [`Self::ask`] was called.
    pub fn asked(&self) -> impl Future<Output = ()> + Send + Unpin + use<> {
        self.asked.clone()
    }

    /// Whether it was asked already.
    pub fn is_asked(&self) -> bool {
        self.asker.lock().unwrap_or_else(PoisonError::into_inner).is_none()
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
