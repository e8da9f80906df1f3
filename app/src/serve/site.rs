//! What all connections share: the service, how long an invocation may last, and who is still busy.

use crate::{compose::SpanList, service::Service};
use lambda_trace::Timestamp;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Tells a connection until when it may last. An event stream is the last response on its connection, so that this cuts
/// nothing else.
pub(super) type CutAt = watch::Sender<Timestamp>;

pub(super) struct Site {
    pub(super) service: Arc<Service>,
    pub(super) timeout_ms: u64,
    pub(super) spans: Option<SpanList>,
    busy: Busy,
}

/// Held by whoever still works.
#[derive(Clone)]
pub(super) struct Busy {
    _held: mpsc::Sender<()>,
}

/// Resolves when nobody does.
pub(super) struct AllDone(mpsc::Receiver<()>);

impl Site {
    pub(super) fn new(service: Arc<Service>, timeout_ms: u64, spans: Option<SpanList>) -> (Self, AllDone) {
        let (held, all_done) = mpsc::channel(1);
        let site = Self { service, timeout_ms, spans, busy: Busy { _held: held } };
        (site, AllDone(all_done))
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
