//! A round of polls: the Query calls of all partitions, page by page. It is admitted whole or not at all, because a
//! part of a round reads like a partition that was never asked.
//!
//! Finished spans do not say which round they belong to; their times do. The partitions of a round are asked at once, and
//! one that goes on to its next page does so without a pause. So a round is over when a call begins a while after all known
//! ones ended, or when calls to two partitions do so without a pause: within one round only the last partition can.

use super::Held;
use sse_core::{telemetry::Value, time::Timestamp};
use std::borrow::Cow;

/// A pause longer than this ends a round, in milliseconds. The shortest poll interval is 50 ms.
const PAUSE_MS: u64 = 25;
/// Partitions asked in every round.
const PARTITIONS: usize = 3;

/// One Query call.
pub(super) struct Call {
    /// `None` if a place was reserved for it: it belongs to its round without costing it anything.
    pub(super) held: Option<Held>,
    pub(super) partition: Cow<'static, str>,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Call {
    /// Its partition and times; whether it costs anything is still open.
    pub(super) fn new(held: &Held) -> Self {
        let partition = match held.span.attribute("sentiment_type") {
            Some(Value::Str(text)) => text.clone(),
            _ => Cow::Borrowed(""),
        };
        Self { held: None, partition, start: held.span.start, end: held.span.end }
    }
}

/// The round that is going on.
#[derive(Default)]
pub(super) struct Round {
    lot: Lot,
    partitions: Vec<Cow<'static, str>>,
    last_end: Timestamp,
    /// Begun after all calls of the round ended: its last pages, or the next round.
    in_doubt: Vec<Call>,
}

/// What is admitted or folded as one.
#[derive(Default)]
pub(super) struct Lot {
    pub(super) spans: Vec<Held>,
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
    pub(super) fn close(&mut self, call: Option<&Call>, available: usize) -> (Lot, u64) {
        let (next, own) = std::mem::take(&mut self.in_doubt)
            .into_iter()
            .partition::<Vec<_>, _>(|c| call.is_some_and(|by| c.end > by.start));
        let mut folded = 0;
        for held in own.into_iter().filter_map(|c| c.held) {
            folded += self.lot.add(held, available);
        }
        let lot = std::mem::take(&mut self.lot);
        *self = Self { in_doubt: next, ..Self::default() };
        (lot, folded)
    }

    /// Adds a call; returns how many spans are folded by that.
    pub(super) fn add(&mut self, call: Call, available: usize) -> u64 {
        if self.is_behind(&call) {
            self.in_doubt.push(call);
            let doubtful: usize = self.in_doubt.iter().filter_map(|c| c.held.as_ref()).map(|h| h.document).sum();
            // So many pages cannot be admitted, whichever round they belong to; nor need they be held.
            return if doubtful > available { self.join_doubtful(available) } else { 0 };
        }
        let joined = self.join_doubtful(available);
        joined + self.join(call, available)
    }

    /// How many spans are kept.
    pub(super) fn len(&self) -> usize {
        self.lot.spans.len() + self.in_doubt.iter().filter(|c| c.held.is_some()).count()
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
        call.held.map_or(0, |held| self.lot.add(held, available))
    }
}

impl Lot {
    fn add(&mut self, held: Held, available: usize) -> u64 {
        if self.is_doomed {
            return 1;
        }
        self.cost += held.document;
        self.spans.push(held);
        if self.cost <= available {
            return 0;
        }
        self.is_doomed = true;
        self.cost = 0;
        std::mem::take(&mut self.spans).len() as u64
    }
}
