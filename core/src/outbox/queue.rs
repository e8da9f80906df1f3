//! The unsent events, and the cursor that goes with what is sent. Plain data: the locks are one level up.

mod pending;
mod step;
mod write;

use super::Client;
use crate::{
    digest::{BUCKETS, Digest},
    event::LastEvent,
    item::Ticker,
    ports::{Delivery, Last, Update},
    snapshot::{SharedWrite, Snapshot},
    sse::write_event,
};
use bytes::Bytes;
use lambda_trace::Timestamp;
use pending::Pending;
use std::{collections::BTreeSet, sync::Arc};

pub(super) struct Queue {
    client: Client,
    is_first: bool,
    heartbeat: Option<(bool, usize)>,
    target: Option<Arc<Snapshot>>,
    pending: Pending,
    /// Nothing of the step to the target was sent yet, and nothing else is unsent: `pending` does not name the step's
    /// events yet.
    whole_step: bool,
    /// Buckets in which the client may hold tickers that are gone, until `metrics` or `tags` has named those that are
    /// not.
    unpruned: [bool; BUCKETS],
    last: Option<Last>,
    waiting_since: Option<Timestamp>,
    /// The cursor of a client that has read everything that left the queue.
    told: Option<Digest>,
}

impl Queue {
    pub(super) fn new(client: Client) -> Self {
        Self {
            is_first: true,
            heartbeat: None,
            target: None,
            pending: Pending::default(),
            whole_step: false,
            unpruned: [false; BUCKETS],
            last: None,
            waiting_since: None,
            told: client.resume,
            client,
        }
    }

    /// Counted anew if the clock was set back.
    pub(super) fn waiting_since(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.waiting_since = self.waiting_since.map(|since| since.min(now));
        self.waiting_since
    }

    pub(super) fn push(&mut self, update: Update, now: Timestamp) {
        match update {
            Update::Heartbeat { degraded, connections } => self.heartbeat = Some((degraded, connections)),
            Update::State { snapshot, after_read } => self.aim_at(snapshot, after_read),
            Update::Last(last) => self.last = self.last.or(Some(last)),
        }
        if !self.is_empty() {
            self.waiting_since.get_or_insert(now);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.heartbeat.is_none() && !self.pending.is_due() && !self.whole_step && self.last.is_none()
    }

    fn only(&self) -> Option<&BTreeSet<Ticker>> {
        self.client.view.tickers.as_ref()
    }

    fn aim_at(&mut self, snapshot: Arc<Snapshot>, after_read: bool) {
        match self.target.take() {
            None => self.connect(&snapshot),
            Some(before) => self.change(&before, &snapshot, after_read),
        }
        self.target = Some(snapshot);
    }

    /// One write of whole events, and what it delivers; `None` if there is nothing to send.
    pub(super) fn take(&mut self, now: Timestamp, taken: &mut Vec<Delivery>) -> Option<Bytes> {
        if self.is_empty() {
            return None;
        }
        let target = self.target.clone();
        let is_shared = self.whole_step && self.heartbeat.is_none() && self.last.is_none() && !self.is_first;
        if is_shared && let Some(write) = target.as_ref().and_then(|target| target.write().get(now)) {
            self.whole_step = false;
            self.told = write.told;
            self.waiting_since = None;
            taken.extend(write.deliveries.iter().map(|delivery| Delivery { at: now, ..*delivery }));
            return Some(write.bytes.clone());
        }
        let first = taken.len();
        let mut out = Vec::new();
        if let Some(target) = &target {
            self.spread(target);
        }
        if let Some((degraded, connections)) = self.heartbeat.take() {
            self.write_heartbeat(&mut out, degraded, connections, now);
            taken.push(control("heartbeat", now));
        }
        if let Some(target) = &target {
            self.write_state(target, &mut out, taken, now);
        }
        let state_is_sent = !self.pending.is_due();
        if let Some(last) = self.last.take_if(|_| state_is_sent) {
            let retry = match last {
                Last::Deadline { .. } => self.first_retry(),
                Last::StreamMax | Last::Shutdown => Some(self.client.done_retry),
            };
            write_event(&mut out, last.event_type(), retry, None, &LastEvent::from(last));
            taken.push(control(last.event_type(), now));
        }
        self.waiting_since = (!self.is_empty()).then_some(now);
        let bytes = Bytes::from(out);
        if let Some(target) = target.filter(|_| is_shared && self.pending.is_empty()) {
            let deliveries = taken[first..].into();
            target.write().set(SharedWrite { at: now, bytes: bytes.clone(), deliveries, told: self.told });
        }
        Some(bytes)
    }
}

const fn control(event_type: &'static str, at: Timestamp) -> Delivery {
    Delivery { event_type, at, newest_item: None, is_change: false }
}
