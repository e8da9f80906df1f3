//! What leaves the store and what returns to it: requests, failures, and what exceeds a bound.

use super::{GivenUp, SpanStore};
use crate::{batch::Batch, patience::Patience, queue::BATCH_SPANS_MAX, span_counts::SpanCounts, stream_id::BufferId};
use lambda_trace::{FlushOutcome, Timestamp};
use std::{collections::VecDeque, time::Duration};

/// The maximum number of pending spans; they are exported long before.
const PENDING_SPANS_MAX: usize = 8_192;
/// Their maximum size, in bytes.
const PENDING_BYTES_MAX: usize = 8 * 1_048_576;
/// This many pending spans justify a request.
pub(crate) const EXPORT_SPANS: usize = BATCH_SPANS_MAX;
/// A pending span waits no longer than this, if its session is awake.
pub(crate) const EXPORT_AGE: Duration = Duration::from_secs(30);

impl SpanStore {
    /// Whether pending spans are numerous enough, or old enough, for a request, and the collector may be asked.
    pub(crate) fn is_export_due(&self, now: Timestamp) -> bool {
        // A clock that was set back must not delay spans by as much.
        let is_old_by = |since| now.since(since) >= EXPORT_AGE || now < since;
        let is_old = self.pending_spans > 0 && is_old_by(self.pending_since);
        (self.pending_spans >= EXPORT_SPANS || is_old) && self.held_back(now).is_none()
    }

    /// The outcome of a flush that is not made because the collector asked for a wait.
    pub(crate) fn held_back(&self, now: Timestamp) -> Option<FlushOutcome> {
        self.patience.filter(|patience| patience.is_on(now)).map(|patience| patience.outcome)
    }

    /// No attempt is made before this wait is over.
    pub(crate) fn wait(&mut self, patience: Patience) {
        self.patience = Some(patience);
    }

    /// Streams with pending spans, the oldest first.
    pub(crate) fn with_pending(&self) -> VecDeque<BufferId> {
        let pending = self.buffers.iter().filter(|(_, buffer)| buffer.pending.len() > 0);
        pending.map(|(id, _)| *id).collect()
    }

    /// Whether any stream has retained spans, each of which weighs something.
    pub(crate) const fn has_retained(&self) -> bool {
        self.retained_bytes > 0
    }

    /// Whether this stream has retained spans.
    pub(crate) fn has_retained_of(&self, id: BufferId) -> bool {
        self.buffers.get(&id).is_some_and(|buffer| buffer.retained.len() > 0)
    }

    /// Whether a flush of `own` has anything to send, or to wait for.
    pub(crate) fn has_work(&self, own: Option<BufferId>) -> bool {
        let mut waited_for = self.closed.iter().chain(&own).filter_map(|id| self.buffers.get(id));
        self.has_retained() || waited_for.any(|buffer| buffer.buffered() > 0)
    }

    /// No other span of this stream follows: its flush waits for its turn, and another one may take its spans along.
    pub(crate) fn ends(&mut self, id: BufferId) {
        self.ending.insert(id);
        if let Some(buffer) = self.buffers.get_mut(&id) {
            // How exports in mid-stream went is another matter.
            buffer.outcome = FlushOutcome::Ok;
        }
    }

    /// Whether this stream has anything to send.
    pub(crate) fn has_batch(&self, id: BufferId) -> bool {
        self.buffers.get(&id).is_some_and(|buffer| buffer.retained.len() > 0 || buffer.pending.len() > 0)
    }

    /// The next request of a stream that ends, and of as many others that end as fit into it: of each what failed before first, then
    /// what is pending.
    pub(crate) fn take_ending(&mut self, own: BufferId) -> Batch {
        let mut batch = Batch::default();
        if self.fill(&mut batch, own) {
            self.ending.remove(&own);
            while let Some(other) = self.ending.first().copied() {
                if !self.fill(&mut batch, other) {
                    break;
                }
                self.ending.remove(&other);
            }
        }
        batch
    }

    /// The next request of streams that have pending spans. Those that fitted leave `streams`.
    pub(crate) fn take_pending(&mut self, streams: &mut VecDeque<BufferId>) -> Batch {
        let mut batch = Batch::default();
        while let Some(id) = streams.front() {
            if !self.fill(&mut batch, *id) {
                break;
            }
            streams.pop_front();
        }
        batch
    }

    /// Moves what a stream has to send into a request; whether all of it fitted.
    fn fill(&mut self, batch: &mut Batch, id: BufferId) -> bool {
        let Some(buffer) = self.buffers.get_mut(&id) else { return true };
        let before = buffer.retained.bytes();
        let mut taken = batch.fill(id, &mut buffer.retained);
        self.retained_bytes -= before - buffer.retained.bytes();
        if buffer.retained.len() == 0 {
            let before = (buffer.pending.len(), buffer.pending.bytes());
            taken += batch.fill(id, &mut buffer.pending);
            self.pending_spans -= before.0 - buffer.pending.len();
            self.pending_bytes -= before.1 - buffer.pending.bytes();
        }
        buffer.in_flight += taken;
        buffer.retained.len() == 0 && buffer.pending.len() == 0
    }

    /// The next request of retained spans: of one stream, or of as many as fit into it, the oldest first.
    pub(crate) fn take_retained(&mut self, only: Option<BufferId>) -> Batch {
        let mut batch = Batch::default();
        let is_meant = |id: &BufferId| only.is_none_or(|only| only == *id);
        for (id, buffer) in self.buffers.iter_mut().filter(|(id, a)| is_meant(id) && a.retained.len() > 0) {
            let before = buffer.retained.bytes();
            buffer.in_flight += batch.fill(*id, &mut buffer.retained);
            self.retained_bytes -= before - buffer.retained.bytes();
            if buffer.retained.len() > 0 {
                break;
            }
        }
        batch
    }

    /// How a request went that spans of these streams were in.
    pub(crate) fn note_outcome(&mut self, streams: &[BufferId], outcome: FlushOutcome) {
        for id in streams {
            if let Some(buffer) = self.buffers.get_mut(id) {
                buffer.outcome = buffer.outcome.max(outcome);
            }
        }
    }

    /// The worst of them.
    pub(crate) fn outcome_of(&self, id: BufferId) -> FlushOutcome {
        self.buffers.get(&id).map_or(FlushOutcome::Ok, |buffer| buffer.outcome)
    }

    /// An attempt has ended for these spans.
    pub(crate) fn settle(&mut self, id: BufferId, spans: usize, became: SpanCounts) {
        if let Some(buffer) = self.buffers.get_mut(&id) {
            buffer.in_flight = buffer.in_flight.saturating_sub(spans);
            buffer.counts.add(became);
        }
    }

    /// An attempt failed: its spans are retained. `is_sent` means that it sent again what may have been delivered
    /// before.
    pub(crate) fn give_back(&mut self, batch: Batch, is_sent: bool, may_have_arrived: bool) -> GivenUp {
        for part in batch.parts {
            let Some(buffer) = self.buffers.get_mut(&part.id) else { continue };
            buffer.in_flight = buffer.in_flight.saturating_sub(part.spans.len());
            buffer.counts.resent += if is_sent { part.unread() } else { 0 };
            for mut buffered in part.spans.into_iter().rev() {
                // A span that may have been delivered stays marked: a later rejection says nothing about the earlier
                // attempt.
                buffered.is_unread |= may_have_arrived;
                buffered.compact();
                self.retained_bytes += buffered.memory;
                buffer.retained.push_front(buffered);
            }
        }
        self.bound_retained()
    }

    /// Gives up all spans that are held, except those in flight.
    pub(crate) fn give_up_all(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        for buffer in self.buffers.values_mut() {
            buffer.settle_budget();
            let all = buffer.retained.drain().chain(buffer.pending.drain());
            let before = given_up.len();
            given_up.extend(all);
            buffer.counts.logged += (given_up.len() - before) as u64;
        }
        (self.pending_spans, self.pending_bytes, self.retained_bytes) = (0, 0, 0);
        given_up
    }

    pub(super) fn bound_pending(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        while self.pending_spans > PENDING_SPANS_MAX || self.pending_bytes > PENDING_BYTES_MAX {
            let oldest = self.buffers.values_mut().find(|buffer| buffer.pending.len() > 0);
            let Some((buffer, buffered)) = oldest.and_then(|a| a.pending.pop_front().map(|buffered| (a, buffered)))
            else {
                break;
            };
            buffer.counts.logged += 1;
            self.pending_spans -= 1;
            self.pending_bytes -= buffered.memory;
            given_up.push(buffered);
        }
        given_up
    }

    pub(super) fn bound_retained(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        while self.retained_bytes > self.retain_bytes {
            let oldest = self.buffers.values_mut().find(|buffer| buffer.retained.len() > 0);
            let Some((buffer, buffered)) = oldest.and_then(|a| a.retained.pop_front().map(|buffered| (a, buffered)))
            else {
                break;
            };
            buffer.counts.logged += 1;
            self.retained_bytes -= buffered.memory;
            given_up.push(buffered);
        }
        given_up
    }
}
