//! A round of polls: the Query calls of all partitions, page by page. It is admitted whole or not at all, because a
//! part of a round reads like a partition that was never asked.
//!
//! Finished spans do not say which round they belong to; their times do. The partitions of a round are asked at once, and
//! one that goes on to its next page does so without a pause. So a round is over when a call begins a while after all known
//! ones ended, or when calls to two partitions do so without a pause: within one round only the last partition can.

use super::BufferedSpan;
use lambda_trace::{Timestamp, Value};
use std::borrow::Cow;

/// A pause longer than this ends a round, in milliseconds. The shortest poll interval is 50 ms.
const PAUSE_MS: u64 = 25;
/// Partitions asked in every round.
const PARTITIONS: usize = 3;

/// One Query call.
pub(super) struct Call {
    /// `None` if a place was reserved for it: it belongs to its round without costing it anything.
    pub(super) buffered: Option<BufferedSpan>,
    pub(super) partition: Cow<'static, str>,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Call {
    /// Its partition and times; whether it costs anything is still open.
    pub(super) fn new(buffered: &BufferedSpan) -> Self {
        let partition = match buffered.span.attribute("sentiment_type") {
            Some(Value::Str(text)) => text.clone(),
            _ => Cow::Borrowed(""),
        };
        Self { buffered: None, partition, start: buffered.span.start, end: buffered.span.end }
    }
}

/// The round that is going on.
#[derive(Default)]
pub(super) struct Round {
    pending: PendingRound,
    partitions: Vec<Cow<'static, str>>,
    last_end: Timestamp,
    /// Begun after all calls of the round ended: its last pages, or the next round.
    in_doubt: Vec<Call>,
}

/// What is admitted or folded as one.
#[derive(Default)]
pub(super) struct PendingRound {
    pub(super) spans: Vec<BufferedSpan>,
    /// Was available when it was added up.
    pub(super) cost: usize,
    /// It did not fit: whatever else belongs to it is folded too.
    is_doomed: bool,
}

impl Round {
    /// Whether this call begins another round; the one before is to be closed then.
    pub(super) fn is_ended_by(&self, call: &Call) -> bool {
        let all_ended = self.in_doubt.iter().map(|c| c.end).fold(self.last_end, Timestamp::max);
        let is_elsewhere = |c: &Call| c.partition != call.partition && c.end > call.start;
        !self.partitions.is_empty()
            && (call.start > all_ended.plus_ms(PAUSE_MS)
                || (self.is_behind(call) && self.in_doubt.iter().any(is_elsewhere)))
    }

    /// Ends the round before `call`, or for good. What is in doubt belongs to it, but for what `call` overlaps.
    /// Returns the lot, and how many spans more are folded because of `available`.
    pub(super) fn close(&mut self, call: Option<&Call>, available: usize) -> (PendingRound, u64) {
        let (next, own) = std::mem::take(&mut self.in_doubt)
            .into_iter()
            .partition::<Vec<_>, _>(|c| call.is_some_and(|by| c.end > by.start));
        let mut folded = 0;
        for buffered in own.into_iter().filter_map(|c| c.buffered) {
            folded += self.pending.add(buffered, available);
        }
        let pending_round = std::mem::take(&mut self.pending);
        *self = Self { in_doubt: next, ..Self::default() };
        (pending_round, folded)
    }

    /// Adds a call; returns how many spans are folded by that.
    pub(super) fn add(&mut self, call: Call, available: usize) -> u64 {
        if self.is_behind(&call) {
            self.in_doubt.push(call);
            let doubtful: usize = self.in_doubt.iter().filter_map(|c| c.buffered.as_ref()).map(|h| h.document).sum();
            // So many pages cannot be admitted, whichever round they belong to; nor need they be held.
            return if doubtful > available { self.join_doubtful(available) } else { 0 };
        }
        let joined = self.join_doubtful(available);
        joined + self.join(call, available)
    }

    /// How many spans are kept.
    pub(super) fn len(&self) -> usize {
        self.pending.spans.len() + self.in_doubt.iter().filter(|c| c.buffered.is_some()).count()
    }

    /// All partitions were asked, and their calls had ended when this one began.
    fn is_behind(&self, call: &Call) -> bool {
        self.partitions.len() >= PARTITIONS && call.start >= self.last_end
    }

    /// Calls that were in doubt and are not any more.
    fn join_doubtful(&mut self, available: usize) -> u64 {
        let calls = std::mem::take(&mut self.in_doubt);
        calls.into_iter().map(|call| self.join(call, available)).sum()
    }

    fn join(&mut self, call: Call, available: usize) -> u64 {
        self.last_end = self.last_end.max(call.end);
        if !self.partitions.contains(&call.partition) {
            self.partitions.push(call.partition);
        }
        call.buffered.map_or(0, |buffered| self.pending.add(buffered, available))
    }
}

impl PendingRound {
    fn add(&mut self, buffered: BufferedSpan, available: usize) -> u64 {
        if self.is_doomed {
            return 1;
        }
        self.cost += buffered.document;
        self.spans.push(buffered);
        if self.cost <= available {
            return 0;
        }
        self.is_doomed = true;
        self.cost = 0;
        std::mem::take(&mut self.spans).len() as u64
    }
}
