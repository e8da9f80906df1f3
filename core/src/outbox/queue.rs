//! What is unsent, and the cursor that goes with what is sent. Plain data: the locks are one level up.

use super::Client;
use crate::{
    digest::{BUCKETS, Digest, Part, PartHasher, bucket_of},
    event::{Heartbeat, LastEvent, MetricsEvent, SentimentUpdate},
    item::Ticker,
    ports::{Delivery, Last, Update},
    snapshot::Snapshot,
    sse::write_event,
    window::Aggregate,
};
use lambda_trace::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// A write ends with the event that reaches this size, in bytes: large enough that system calls do not dominate, small
/// enough that a slow reader's newest state waits behind little.
const WRITE_BYTES: usize = 16_384;

/// The parts of a digest that something speaks of.
#[derive(Clone, Copy, Default)]
struct Parts {
    metrics: bool,
    buckets: [bool; BUCKETS],
}

/// Whether an unsent event reports a change, or the state given on connect.
type IsChange = bool;

pub(super) struct Queue {
    client: Client,
    is_first: bool,
    heartbeat: Option<(bool, usize)>,
    target: Option<Arc<Snapshot>>,
    metrics: Option<IsChange>,
    tickers: BTreeMap<Ticker, IsChange>,
    last: Option<Last>,
    waiting_since: Option<Timestamp>,
    /// The cursor that the client holds once it has read what left the queue.
    told: Option<Digest>,
}

/// A state event on its way into a write.
enum StateEvent {
    Metrics,
    Ticker(Ticker),
}

impl Queue {
    pub(super) const fn new(client: Client) -> Self {
        let tickers = BTreeMap::new();
        Self {
            is_first: true,
            heartbeat: None,
            target: None,
            metrics: None,
            tickers,
            last: None,
            waiting_since: None,
            told: client.resume,
            client,
        }
    }

    pub(super) const fn waiting_since(&self) -> Option<Timestamp> {
        self.waiting_since
    }

    pub(super) fn push(&mut self, update: Update, now: Timestamp) {
        match update {
            Update::Heartbeat { degraded, connections } => self.heartbeat = Some((degraded, connections)),
            Update::State(snapshot) => self.aim_at(snapshot),
            Update::Last(last) => self.last = self.last.or(Some(last)),
        }
        if !self.is_empty() {
            self.waiting_since.get_or_insert(now);
        }
    }

    fn is_empty(&self) -> bool {
        self.heartbeat.is_none() && self.metrics.is_none() && self.tickers.is_empty() && self.last.is_none()
    }

    fn aim_at(&mut self, snapshot: Arc<Snapshot>) {
        match self.target.take() {
            None => self.connect(&snapshot),
            Some(before) => self.change(&before, &snapshot),
        }
        self.target = Some(snapshot);
    }

    /// The first state: what the client's digest equals is skipped, a bucket that differs is sent whole.
    fn connect(&mut self, snapshot: &Snapshot) {
        let held = self.client.resume.unwrap_or_default();
        if self.client.view.metrics && !held.metrics.equals(snapshot.metrics_part()) {
            self.metrics = Some(false);
        }
        let differs: [bool; BUCKETS] =
            std::array::from_fn(|b| !held.buckets[b].equals(bucket_part(&self.client, snapshot, b)));
        let mut send = |ticker: &Ticker| {
            if differs[bucket_of(ticker)] {
                self.tickers.insert(ticker.clone(), false);
            }
        };
        match &self.client.view.tickers {
            // Those that are named and absent too, as `count` 0: the client may hold them from elsewhere.
            Some(only) => only.iter().for_each(&mut send),
            None => snapshot.tickers.keys().for_each(&mut send),
        }
    }

    fn change(&mut self, before: &Snapshot, after: &Snapshot) {
        if self.client.view.metrics && !before.metrics_part().equals(after.metrics_part()) {
            self.metrics = Some(true);
        }
        if Arc::ptr_eq(&before.tickers, &after.tickers) {
            return;
        }
        let shown = |ticker: &&Ticker| self.client.view.shows(ticker);
        let differs = |ticker: &&Ticker| !before.get(ticker).prints_like(after.get(ticker));
        let gone = before.tickers.keys().filter(|t| !after.tickers.contains_key(*t));
        let changed: Vec<Ticker> = after.tickers.keys().chain(gone).filter(shown).filter(differs).cloned().collect();
        for ticker in changed {
            self.tickers.entry(ticker).or_insert(true);
        }
    }

    /// One write of whole events, and what it delivers; `None` if there is nothing to send.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<(Vec<u8>, Vec<Delivery>)> {
        if self.is_empty() {
            return None;
        }
        let (mut out, mut taken) = (Vec::new(), Vec::new());
        if let Some((degraded, connections)) = self.heartbeat.take() {
            self.write_heartbeat(&mut out, degraded, connections, now);
            taken.push(control("heartbeat", now));
        }
        if let Some(target) = self.target.clone() {
            self.write_state(&target, &mut out, &mut taken, now);
        }
        let state_is_sent = self.metrics.is_none() && self.tickers.is_empty();
        if let Some(last) = self.last.take_if(|_| state_is_sent) {
            let retry = self.first_retry();
            write_event(&mut out, last.event_type(), retry, None, &LastEvent::from(last));
            taken.push(control(last.event_type(), now));
        }
        self.waiting_since = (!self.is_empty()).then_some(now);
        Some((out, taken))
    }

    /// The reconnect delay, for the first event only.
    fn first_retry(&mut self) -> Option<u64> {
        std::mem::take(&mut self.is_first).then_some(self.client.retry_ms)
    }

    fn write_heartbeat(&mut self, out: &mut Vec<u8>, degraded: bool, connections: usize, now: Timestamp) {
        let retry = self.first_retry();
        let only = self.client.view.tickers.as_ref().map(|only| only.iter().map(Ticker::as_str).collect());
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
        let is_all_sent = self.metrics.is_none() && self.tickers.is_empty();
        if !(is_all_sent || is_first && self.client.view.tickers.is_some()) {
            return None;
        }
        let now = self.digest(target, Parts::default());
        (now != held).then_some(now)
    }

    /// State events until the write is full. The first carries the cursor with every part that this write touches unknown, the last
    /// carries it filled in: wherever a cut falls, the cursor claims no more than was read.
    fn write_state(&mut self, target: &Snapshot, out: &mut Vec<u8>, taken: &mut Vec<Delivery>, now: Timestamp) {
        let mut events = Vec::new();
        let mut touched = Parts::default();
        let mut size = out.len();
        while size < WRITE_BYTES {
            let Some((event, is_change)) = self.next_state_event() else {
                break;
            };
            size += match &event {
                StateEvent::Metrics => 200 + 24 * target.tickers.len(),
                StateEvent::Ticker(_) => 200,
            };
            match &event {
                StateEvent::Metrics => touched.metrics = true,
                StateEvent::Ticker(ticker) => touched.buckets[bucket_of(ticker)] = true,
            }
            events.push((event, is_change));
        }
        let Some(last) = events.len().checked_sub(1) else {
            return;
        };
        let (first_id, last_id) = (self.digest(target, touched), self.digest(target, Parts::default()));
        self.told = Some(last_id);
        for (n, (event, is_change)) in events.into_iter().enumerate() {
            let id = if n == last { Some(last_id) } else { (n == 0).then_some(first_id) };
            let id: Option<&dyn std::fmt::Display> = id.as_ref().map(|id| id as _);
            let retry = self.first_retry();
            let (event_type, newest_item) = match event {
                StateEvent::Metrics => {
                    write_event(out, "metrics", retry, id, &MetricsEvent::new(target, now));
                    ("metrics", target.totals.newest)
                }
                StateEvent::Ticker(ticker) => {
                    let aggregate = target.get(&ticker);
                    write_event(out, "sentiment_update", retry, id, &SentimentUpdate::new(&ticker, aggregate, now));
                    ("sentiment_update", (*aggregate != Aggregate::GONE).then_some(aggregate.newest))
                }
            };
            taken.push(Delivery { event_type, at: now, newest_item, is_change });
        }
    }

    fn next_state_event(&mut self) -> Option<(StateEvent, IsChange)> {
        if let Some(is_change) = self.metrics.take() {
            return Some((StateEvent::Metrics, is_change));
        }
        self.tickers.pop_first().map(|(ticker, is_change)| (StateEvent::Ticker(ticker), is_change))
    }

    /// What the client holds once it has read everything that left the queue, except `unknown` and what is still unsent.
    fn digest(&self, target: &Snapshot, mut unknown: Parts) -> Digest {
        unknown.metrics |= self.metrics.is_some() || !self.client.view.metrics;
        for ticker in self.tickers.keys() {
            unknown.buckets[bucket_of(ticker)] = true;
        }
        let known = |unknown: bool, part: &dyn Fn() -> Part| if unknown { Part::UNKNOWN } else { part() };
        Digest {
            metrics: known(unknown.metrics, &|| target.metrics_part()),
            buckets: std::array::from_fn(|b| known(unknown.buckets[b], &|| bucket_part(&self.client, target, b))),
        }
    }
}

/// The hash of what this client sees of a bucket.
fn bucket_part(client: &Client, snapshot: &Snapshot, bucket: usize) -> Part {
    let Some(only) = &client.view.tickers else {
        return snapshot.bucket_part(bucket);
    };
    let mut hasher = PartHasher::new();
    for ticker in only.iter().filter(|t| bucket_of(t) == bucket) {
        if let Some(aggregate) = snapshot.tickers.get(ticker) {
            hasher.ticker(ticker, aggregate);
        }
    }
    hasher.finish()
}

const fn control(event_type: &'static str, at: Timestamp) -> Delivery {
    Delivery { event_type, at, newest_item: None, is_change: false }
}
