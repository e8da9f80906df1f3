//! What is unsent, and the cursor that goes with what is sent. Plain data: the locks are one level up.

mod pending;

use super::Client;
use crate::{
    digest::{BUCKETS, Digest, Part, bucket_of},
    encoded,
    event::{self, Heartbeat, LastEvent},
    item::Ticker,
    plan::View,
    ports::{Delivery, Last, Update},
    snapshot::{SharedWrite, Snapshot},
    sse::{write_event, write_event_with},
    window::Aggregate,
};
use bytes::Bytes;
use lambda_trace::Timestamp;
use pending::{Cause, Pending, StateEvent};
use std::{collections::BTreeSet, sync::Arc};

/// A write ends with the event that reaches this size, in bytes: large enough that system calls do not dominate, small
/// enough that a slow reader's newest state waits behind little.
const WRITE_BYTES: usize = 16_384;

/// The parts of a digest that something speaks of.
#[derive(Clone, Copy, Default)]
struct Parts {
    metrics: bool,
    buckets: [bool; BUCKETS],
}

pub(super) struct Queue {
    client: Client,
    is_first: bool,
    heartbeat: Option<(bool, usize)>,
    target: Option<Arc<Snapshot>>,
    pending: Pending,
    /// Of the step to the target nothing was sent, and of nothing else anything is unsent: `pending` does not name it yet.
    whole_step: bool,
    /// Buckets of which the client may hold tickers that are gone, until `metrics` or `tags` has named those that are not.
    unpruned: [bool; BUCKETS],
    last: Option<Last>,
    waiting_since: Option<Timestamp>,
    /// The cursor that the client holds once it has read what left the queue.
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

    /// Counted anew where the clock was set back.
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

    fn is_empty(&self) -> bool {
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

    /// The first state: what the client's digest equals is skipped, a bucket that differs is sent whole.
    fn connect(&mut self, snapshot: &Snapshot) {
        let held = self.client.resume.unwrap_or_default();
        let differs: [bool; BUCKETS] =
            std::array::from_fn(|b| !held.buckets[b].equals(snapshot.bucket_part(b, self.only())));
        let prunes = self.client.view.metrics && self.only().is_none() && differs.contains(&true);
        // Without a filter the client learns from `metrics`, or from `tags`, which tickers are gone. It may have read this very
        // `metrics` while a filter told it to ignore that.
        if self.client.view.metrics && (prunes || !held.metrics.equals(snapshot.metrics_part(self.only()))) {
            self.pending.metrics(Cause::Connect);
        }
        if prunes {
            self.unpruned = differs;
            self.pending.pages(snapshot.pages(), None);
        }
        let mut send = |ticker: &Ticker| {
            if differs[bucket_of(ticker)] {
                self.pending.ticker(ticker.clone(), Cause::Connect);
            }
        };
        match &self.client.view.tickers {
            // Those that are named and absent too, as `count` 0: the client may hold them from elsewhere.
            Some(only) => only.iter().for_each(&mut send),
            None => snapshot.tickers.keys().for_each(&mut send),
        }
    }

    fn change(&mut self, before: &Snapshot, after: &Snapshot, after_read: bool) {
        if self.takes_whole(before, after, after_read) {
            self.whole_step = !after.step().is_empty();
            return;
        }
        self.spread(before);
        if self.client.view.metrics {
            if !before.metrics_part(self.only()).equals(after.metrics_part(self.only())) {
                self.pending.held_metrics(Cause::of_change(after.arrived_in > before.version()));
            }
            if self.only().is_none() {
                self.pending.pages(after.pages(), before.pages());
            }
        }
        if after_read {
            self.pending.release_metrics();
        }
        for (ticker, arrived) in after.changes_since(before) {
            if self.client.view.shows(&ticker) {
                self.pending.ticker(ticker, Cause::of_change(arrived));
            }
        }
    }

    /// Whether the step from one version to the next can go out as the one write that all such readers share.
    fn takes_whole(&self, before: &Snapshot, after: &Snapshot, after_read: bool) -> bool {
        let step = after.step();
        self.client.view == View::ALL
            && after.follows(before)
            && !step.pages
            && (after_read || !step.metrics)
            && !self.whole_step
            && self.pending.is_empty()
            && self.unpruned == [false; BUCKETS]
    }

    /// Names what is unsent of the step to `target`, one by one.
    fn spread(&mut self, target: &Snapshot) {
        if std::mem::take(&mut self.whole_step) {
            if target.step().metrics {
                self.pending.metrics(Cause::of_change(target.arrived_in == target.version()));
            }
            for (ticker, arrived) in &target.step().tickers {
                self.pending.ticker(ticker.clone(), Cause::of_change(*arrived));
            }
        }
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
                Last::StreamMax | Last::Shutdown => Some(self.client.done_retry_ms),
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

    /// The reconnect delay, for the first event only.
    fn first_retry(&mut self) -> Option<u64> {
        std::mem::take(&mut self.is_first).then_some(self.client.retry_ms)
    }

    fn write_heartbeat(&mut self, out: &mut Vec<u8>, degraded: bool, connections: usize, now: Timestamp) {
        let retry = self.first_retry();
        let only = self.only().map(|only| only.iter().map(Ticker::as_str).collect());
        let data = Heartbeat {
            timestamp: now,
            connections,
            uptime_seconds: now.ms_since(self.client.started_at) / 1_000,
            degraded,
            trace_id: self.client.trace.map(|trace| trace.to_string()),
            tickers: only.filter(|_| retry.is_some()),
        };
        let id = self.heartbeat_id(retry.is_some());
        write_event(out, "heartbeat", retry, id.as_ref().map(|id| id as _), &data);
        self.told = id.or(self.told);
    }

    /// A heartbeat carries a cursor where the one that the client holds is, or may become, wrong without a state event.
    ///
    /// The first one of a filtered stream makes the client drop tickers: its old cursor must not survive that, or a
    /// later stream that names them again would believe that they are still held. What equals the present state stays known. A
    /// later one gives back what the first had to deny before there was any state to compare with.
    fn heartbeat_id(&self, is_first: bool) -> Option<Digest> {
        let held = self.told?;
        let Some(target) = &self.target else {
            return (is_first && self.client.view.tickers.is_some()).then(Digest::default);
        };
        if !(self.pending.is_empty() || is_first && self.client.view.tickers.is_some()) {
            return None;
        }
        let now = self.digest(target, Parts::default());
        (now != held).then_some(now)
    }

    /// State events until the write is full. The first carries the cursor with every part that this write touches unknown, the last
    /// carries it filled in: wherever a cut falls, the cursor claims no more than was read.
    fn write_state(&mut self, target: &Snapshot, out: &mut Vec<u8>, taken: &mut Vec<Delivery>, now: Timestamp) {
        // What may be unpruned until the end of this write is unknown until then.
        let mut touched = Parts { metrics: false, buckets: self.unpruned };
        let mut events = Vec::new();
        let mut size = out.len();
        while size < WRITE_BYTES {
            let Some((event, cause)) = self.pending.next() else {
                break;
            };
            size += match &event {
                StateEvent::Metrics => 200 + target.by_tag().len(),
                // About half of what a page may hold.
                StateEvent::Page(_) => WRITE_BYTES,
                StateEvent::Ticker(_) => 200,
            };
            match &event {
                StateEvent::Metrics => touched.metrics = true,
                StateEvent::Page(_) => {}
                StateEvent::Ticker(ticker) => touched.buckets[bucket_of(ticker)] = true,
            }
            events.push((event, cause));
        }
        let Some(last) = events.len().checked_sub(1) else {
            return;
        };
        if self.pending.is_pruned() {
            self.unpruned = [false; BUCKETS];
        }
        let (first_id, last_id) = (self.digest(target, touched), self.digest(target, Parts::default()));
        self.told = Some(last_id);
        let time = now.to_string();
        for (n, (event, cause)) in events.into_iter().enumerate() {
            let id = if n == last { Some(last_id) } else { (n == 0).then_some(first_id) };
            taken.push(self.write_state_event(target, out, (event, cause), id, (now, &time)));
        }
    }

    fn write_state_event(
        &mut self,
        target: &Snapshot,
        out: &mut Vec<u8>,
        (event, cause): (StateEvent, Cause),
        id: Option<Digest>,
        (now, time): (Timestamp, &str),
    ) -> Delivery {
        let id: Option<&dyn std::fmt::Display> = id.as_ref().map(|id| id as _);
        let retry = self.first_retry();
        let (event_type, newest_item) = match event {
            StateEvent::Metrics => {
                // Writing to a Vec cannot fail.
                write_event_with(out, "metrics", retry, id, |out| {
                    let _ = event::write_metrics(out, target, self.only(), now);
                });
                ("metrics", target.totals.newest)
            }
            StateEvent::Page(page) => {
                write_event_with(out, "tags", retry, id, |out| {
                    let _ = event::write_tags(out, target, &page);
                });
                ("tags", None)
            }
            StateEvent::Ticker(ticker) => {
                write_event_with(out, "sentiment_update", retry, id, |out| match target.tickers.get(&ticker) {
                    Some(shown) => event::write_update(out, shown.json(), time),
                    None => event::write_update(out, &encoded::update_prefix(&ticker, &Aggregate::GONE), time),
                });
                ("sentiment_update", target.tickers.get(&ticker).map(|shown| shown.aggregate.newest))
            }
        };
        let newest_item = newest_item.filter(|_| cause != Cause::Departure);
        Delivery { event_type, at: now, newest_item, is_change: cause != Cause::Connect }
    }

    /// What the client holds once it has read everything that left the queue, except `unknown` and what is still unsent.
    fn digest(&self, target: &Snapshot, mut unknown: Parts) -> Digest {
        unknown.metrics |= self.pending.has_metrics() || !self.client.view.metrics;
        for ticker in self.pending.tickers() {
            unknown.buckets[bucket_of(ticker)] = true;
        }
        let known = |unknown: bool, part: &dyn Fn() -> Part| if unknown { Part::UNKNOWN } else { part() };
        Digest {
            metrics: known(unknown.metrics, &|| target.metrics_part(self.only())),
            buckets: std::array::from_fn(|b| {
                known(unknown.buckets[b] || self.unpruned[b], &|| target.bucket_part(b, self.only()))
            }),
        }
    }
}

const fn control(event_type: &'static str, at: Timestamp) -> Delivery {
    Delivery { event_type, at, newest_item: None, is_change: false }
}
