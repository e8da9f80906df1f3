//! The spans of all streams that are held, and the two bounds on them: for pending spans, and for retained ones. It is
//! synchronous and does no I/O: given-up spans are returned to the caller, which writes them to the log.

mod batches;

use super::{
    budget::Budget,
    buffer::StreamBuffer,
    buffered::BufferedSpan,
    ledger_line::LateLine,
    patience::Patience,
    rules::Rules,
    stream_id::{BufferId, StreamId},
};
use lambda_trace::{FinishedSpan, LedgerEntry, SpanOutline, StreamStart, Streaming, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Spans that were given up: they already count as logged, and MUST be written.
pub(super) type GivenUp = Vec<BufferedSpan>;

/// The streams of a process.
pub(super) struct SpanStore {
    retain_bytes: usize,
    rules: Arc<Rules>,
    buffers: BTreeMap<BufferId, StreamBuffer>,
    next: BufferId,
    /// Those whose ledger line is written, and of which something is still held or to be told.
    closed: BTreeSet<BufferId>,
    /// Those whose flush waits for its turn.
    ending: BTreeSet<BufferId>,
    pending_spans: usize,
    pending_bytes: usize,
    retained_bytes: usize,
    /// An upper bound for the time when the oldest pending span ended.
    pending_since: Timestamp,
    /// The wait that the collector asked for.
    patience: Option<Patience>,
}

impl SpanStore {
    pub(super) fn new(retain_bytes: usize, rules: Arc<Rules>) -> Self {
        Self {
            retain_bytes,
            rules,
            buffers: BTreeMap::new(),
            next: 0,
            closed: BTreeSet::new(),
            ending: BTreeSet::new(),
            pending_spans: 0,
            pending_bytes: 0,
            retained_bytes: 0,
            pending_since: Timestamp::default(),
            patience: None,
        }
    }

    /// Opens a stream.
    pub(super) fn open(&mut self, start: &StreamStart, of: StreamId) -> BufferId {
        let budget = Budget::new(self.rules.clone(), start.opened_at, start.expected_end);
        self.insert(StreamBuffer::new(of, Some(Box::new(budget))))
    }

    /// Takes a span of a stream: admits it, folds it, or lets its budget keep it. `is_stream` marks the stream's own
    /// span, after which no other follows.
    pub(super) fn record(
        &mut self,
        id: BufferId,
        of: &StreamId,
        mut span: FinishedSpan<Streaming>,
        is_stream: bool,
    ) -> GivenUp {
        let Some(buffer) = self.buffers.get_mut(&id).filter(|buffer| !buffer.is_closed()) else {
            return self.record_late(of.clone(), span, is_stream);
        };
        let before = (buffer.pending.len(), buffer.pending.bytes());
        if is_stream {
            let folded = buffer.settle_budget();
            span.attributes.push(("spans_folded", folded.into()));
        }
        if self.pending_spans == 0 {
            self.pending_since = span.end;
        }
        let buffered = BufferedSpan::new(span, is_stream, &self.rules.guard);
        if let Some(budget) = &mut buffer.budget {
            budget.offer(buffered, &mut buffer.pending);
        }
        self.pending_spans += buffer.pending.len() - before.0;
        self.pending_bytes += buffer.pending.bytes() - before.1;
        self.bound_pending()
    }

    /// Folds a span that is not made yet, if its budget surely would.
    pub(super) fn fold(&mut self, id: BufferId, outline: &SpanOutline<'_>) -> bool {
        let budget = self.buffers.get_mut(&id).and_then(|buffer| buffer.budget.as_mut());
        budget.is_some_and(|budget| budget.fold(outline))
    }

    /// A span after its stream was closed: there is no budget and no ledger line any more, but the span is not lost
    /// either.
    fn record_late(&mut self, of: StreamId, span: FinishedSpan<Streaming>, is_stream: bool) -> GivenUp {
        let buffered = BufferedSpan::new(span, is_stream, &self.rules.guard);
        let mut buffer = StreamBuffer::new(of, None);
        buffer.pending.push(buffered);
        buffer.retain_pending();
        self.retained_bytes += buffer.retained.bytes();
        let id = self.insert(buffer);
        self.closed.insert(id);
        self.bound_retained()
    }

    /// Settles a stream: what is held of it is retained from here on. `None` if it was settled before.
    pub(super) fn close(&mut self, id: BufferId, created: u64) -> Option<(LedgerEntry, GivenUp)> {
        let buffer = self.buffers.get_mut(&id).filter(|buffer| !buffer.is_closed())?;
        let before = (buffer.pending.len(), buffer.pending.bytes());
        let retained_before = buffer.retained.bytes();
        let folded = buffer.settle_budget();
        // What the budget kept until now was never counted as pending.
        buffer.budget = None;
        buffer.retain_pending();
        self.retained_bytes += buffer.retained.bytes() - retained_before;
        self.pending_spans -= before.0;
        self.pending_bytes -= before.1;
        self.ending.remove(&id);
        self.closed.insert(id);
        let given_up = self.bound_retained();
        let buffer = self.buffers.get_mut(&id)?;
        let counts = std::mem::take(&mut buffer.counts);
        let entry = LedgerEntry {
            created,
            delivered: counts.delivered,
            retained: buffer.buffered() as u64,
            logged: counts.logged,
            folded,
            resent: counts.resent,
        };
        self.forget_settled();
        Some((entry, given_up))
    }

    /// What closed streams settled since their last line.
    pub(super) fn late_lines(&mut self) -> Vec<LateLine> {
        let mut lines = Vec::new();
        for id in &self.closed {
            let Some(buffer) = self.buffers.get_mut(id).filter(|buffer| buffer.counts.settles()) else { continue };
            lines.push(LateLine::new(buffer.of.clone(), std::mem::take(&mut buffer.counts)));
        }
        self.forget_settled();
        lines
    }

    fn insert(&mut self, buffer: StreamBuffer) -> BufferId {
        let id = self.next;
        self.next += 1;
        self.buffers.insert(id, buffer);
        id
    }

    fn forget_settled(&mut self) {
        let buffers = &mut self.buffers;
        self.closed.retain(|id| {
            let is_needed = buffers.get(id).is_some_and(|buffer| buffer.buffered() > 0 || buffer.counts.settles());
            if !is_needed {
                buffers.remove(id);
            }
            is_needed
        });
    }
}

#[cfg(test)]
mod tests;
