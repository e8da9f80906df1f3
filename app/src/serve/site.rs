//! What all connections share: the service, the time limit of invocations, and which of them are still in progress.

use crate::{compose::SpanList, service::Service};
use lambda_trace::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// Tells a connection until when it may last. An event stream is the last response on its connection, so that this cuts
/// nothing else.
pub(super) type CutAt = watch::Sender<Timestamp>;

pub(super) struct Site {
    pub(super) service: Arc<Service>,
    pub(super) timeout: Duration,
    pub(super) spans: Option<SpanList>,
    idle: Arc<Semaphore>,
    busy: Busy,
}

/// Held by work in progress.
#[derive(Clone)]
pub(super) struct Busy {
    _held: mpsc::Sender<()>,
}

/// Resolves when no work is in progress.
pub(super) struct AllDone(mpsc::Receiver<()>);

impl Site {
    /// The maximum number of connections that are open without a stream; one more is closed immediately.
    pub(super) const IDLE_MAX: usize = 1_000;

    pub(super) fn new(service: Arc<Service>, timeout: Duration, spans: Option<SpanList>) -> (Self, AllDone) {
        let (held, all_done) = mpsc::channel(1);
        let idle = Arc::new(Semaphore::new(Self::IDLE_MAX));
        let site = Self { service, timeout, spans, idle, busy: Busy { _held: held } };
        (site, AllDone(all_done))
    }

    /// The permit for one more connection to be open without a stream; `None` if all are taken.
    pub(super) fn idle(&self) -> Option<OwnedSemaphorePermit> {
        self.idle.clone().try_acquire_owned().ok()
    }

    pub(super) fn busy(&self) -> Busy {
        self.busy.clone()
    }
}

impl AllDone {
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent: this ends when the last holder is gone, the site itself included.
        while self.0.recv().await.is_some() {}
    }
}
