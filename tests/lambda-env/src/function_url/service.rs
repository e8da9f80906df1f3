//! What all requests to one function share.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{
    fleet::{Fleet, Notices},
    ids::Ids,
    otlp_receiver::OtlpReceiver,
    scenario::{Fault, FaultKind},
};

#[derive(Debug)]
pub(super) struct Service {
    pub(super) fleet: Fleet,
    pub(super) ids: Ids,
    pub(super) faults: Vec<Fault>,
    pub(super) notices: Notices,
    collector: Option<OtlpReceiver>,
    requests: AtomicU64,
}

impl Service {
    pub(super) fn new(
        fleet: Fleet,
        ids: Ids,
        (faults, collector): (Vec<Fault>, Option<OtlpReceiver>),
        notices: Notices,
    ) -> Self {
        Self { fleet, ids, faults, notices, collector, requests: AtomicU64::new(0) }
    }

    /// The number of a new request; they count from 1.
    pub(super) fn number(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The collector fails as this invocation wants it, or is well again.
    pub(super) async fn set_collector(&self, faults: &[Fault]) {
        let Some(collector) = &self.collector else { return };
        let wanted = faults.iter().find_map(|fault| match fault.kind {
            FaultKind::Collector(fault) => Some(fault),
            _ => None,
        });
        // A port that cannot be listened on again stays closed, which the run shows.
        let _ = collector.set_fault(wanted).await;
    }
}
