//! Events on their way out, and the cursor that goes with them.

use super::{
    Queue,
    pending::{Cause, StateEvent},
};
use crate::{
    digest::{BUCKETS, Digest, Part, bucket_of},
    encoded,
    event::{self, Heartbeat},
    item::Ticker,
    ports::Delivery,
    snapshot::Snapshot,
    sse::{write_event, write_event_with},
    window::Aggregate,
};
use lambda_trace::Timestamp;
use std::time::Duration;

/// A write ends with the event that reaches this size, in bytes. It is large enough that system calls do not dominate,
/// and small enough that a slow reader's newest state waits for little.
const WRITE_BYTES: usize = 16_384;

/// The parts of a digest that an event concerns.
#[derive(Clone, Copy, Default)]
struct Parts {
    metrics: bool,
    buckets: [bool; BUCKETS],
}

impl Queue {
    /// The reconnect delay, for the first event only.
    pub(super) fn first_retry(&mut self) -> Option<Duration> {
        std::mem::take(&mut self.is_first).then_some(self.client.retry)
    }

    pub(super) fn write_heartbeat(&mut self, out: &mut Vec<u8>, degraded: bool, connections: usize, now: Timestamp) {
        let retry = self.first_retry();
        let only = self.only().map(|only| only.iter().map(Ticker::as_str).collect());
        let data = Heartbeat {
            timestamp: now,
            connections,
            uptime_seconds: now.since(self.client.started_at).as_secs(),
            degraded,
            trace_id: self.client.trace.map(|trace| trace.to_string()),
            tickers: only.filter(|_| retry.is_some()),
        };
        let id = self.heartbeat_id(retry.is_some());
        write_event(out, "heartbeat", retry, id.as_ref().map(|id| id as _), &data);
        self.told = id.or(self.told);
    }

    /// A heartbeat carries a cursor if the one that the client holds is wrong, or may become wrong without a state
    /// event.
    ///
    /// The first heartbeat of a filtered stream makes the client drop tickers. Its old cursor must not survive that, or
    /// a later stream that names those tickers again would believe that the client still holds them. Parts that equal
    /// the current state stay known. A later heartbeat restores what the first had to mark as unknown before there was
    /// any state to compare with.
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

    /// State events until the write is full. The first carries the cursor with every part that this write touches
    /// marked as unknown, and the last carries it complete: wherever the connection breaks, the cursor claims no more
    /// than was read.
    pub(super) fn write_state(
        &mut self,
        target: &Snapshot,
        out: &mut Vec<u8>,
        taken: &mut Vec<Delivery>,
        now: Timestamp,
    ) {
        // Buckets that may hold stale tickers until the end of this write are unknown until then.
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
                // Writing to a `Vec` cannot fail.
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

    /// The cursor of a client that has read everything that left the queue, without `unknown` and what is still unsent.
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
