//! What is held of all streams, and the two bounds on it: pending spans, and retained ones. Synchronous, no I/O: whoever is
//! handed given-up spans writes them to the log.

mod batches;

use super::{
    budget::Budget,
    buffer::{SpanCounts, StreamBuffer},
    buffered::BufferedSpan,
    ledger_line::{LateLine, LedgerEntry},
    patience::Patience,
    size::Sizes,
};
use lambda_trace::{FinishedSpan, StreamClosed, StreamOpened, Streaming, Timestamp, names};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// In the order of opening.
pub(super) type BufferId = u64;

/// Spans that were given up: they are counted as logged already, and MUST be written.
pub(super) type GivenUp = Vec<BufferedSpan>;

/// A stream that was opened and is not closed.
#[derive(Clone, Copy)]
enum Listed {
    Recorded(BufferId),
    /// By the sampler: its spans are not recorded.
    Refused,
}

/// The accounts of a process.
pub(super) struct SpanStore {
    retain_bytes: usize,
    budget_bytes: usize,
    sizes: Sizes,
    buffers: BTreeMap<BufferId, StreamBuffer>,
    open: HashMap<Arc<str>, Listed>,
    recent: Option<(Arc<str>, Listed)>,
    next: BufferId,
    pending_spans: usize,
    pending_bytes: usize,
    retained_bytes: usize,
    /// When the oldest fresh span ended, at the latest.
    pending_since: Timestamp,
    /// The collector asked for it.
    patience: Option<Patience>,
}

impl SpanStore {
    pub(super) fn new(retain_bytes: usize, budget_bytes: usize, sizes: Sizes) -> Self {
        Self {
            retain_bytes,
            budget_bytes,
            sizes,
            buffers: BTreeMap::new(),
            open: HashMap::new(),
            recent: None,
            next: 0,
            pending_spans: 0,
            pending_bytes: 0,
            retained_bytes: 0,
            pending_since: Timestamp::default(),
            patience: None,
        }
    }

    /// Opens the account of a stream, if it is to be recorded.
    pub(super) fn open(&mut self, stream: StreamOpened, is_recorded: bool) {
        self.recent = None;
        if !is_recorded {
            self.open.insert(stream.request_id, Listed::Refused);
            return;
        }
        let budget = Box::new(Budget::new(self.budget_bytes, self.sizes, stream.opened_at, stream.expected_end));
        let buffer = StreamBuffer::new(stream.request_id.clone(), stream.parent.trace, Some(budget));
        let id = self.insert(buffer);
        self.open.insert(stream.request_id, Listed::Recorded(id));
    }

    /// Takes a span: admits it, folds it, or has its budget keep it.
    pub(super) fn record(&mut self, mut span: FinishedSpan<Streaming>) -> GivenUp {
        let id = match self.lookup(&span.request_id) {
            Some(Listed::Recorded(id)) => id,
            Some(Listed::Refused) => return GivenUp::new(),
            None => return self.record_late(span),
        };
        let Some(buffer) = self.buffers.get_mut(&id) else { return GivenUp::new() };
        let before = (buffer.pending.len(), buffer.pending.bytes());
        if span.name == names::STREAM {
            let folded = buffer.settle_budget();
            span.attributes.push(("spans_folded", folded.into()));
        }
        if self.pending_spans == 0 {
            self.pending_since = span.end;
        }
        let buffered = BufferedSpan::new(span, self.sizes);
        if let Some(budget) = &mut buffer.budget {
            budget.offer(buffered, &mut buffer.pending);
        }
        self.pending_spans += buffer.pending.len() - before.0;
        self.pending_bytes += buffer.pending.bytes() - before.1;
        self.bound_pending()
    }

    /// The account of a stream, by its id; the last one asked for is remembered.
    fn lookup(&mut self, request_id: &Arc<str>) -> Option<Listed> {
        if let Some((recent, listed)) = &self.recent
            && Arc::ptr_eq(recent, request_id)
        {
            return Some(*listed);
        }
        let listed = *self.open.get(request_id)?;
        self.recent = Some((request_id.clone(), listed));
        Some(listed)
    }

    /// The account of a stream that is not closed.
    pub(super) fn buffer_of(&self, request_id: &str) -> Option<BufferId> {
        match self.open.get(request_id) {
            Some(Listed::Recorded(id)) => Some(*id),
            Some(Listed::Refused) | None => None,
        }
    }

    /// A stream is settled: what is held of it is retained from here on. `None` if it was never opened.
    pub(super) fn close(&mut self, stream: &StreamClosed) -> Option<(LedgerEntry, GivenUp)> {
        self.recent = None;
        let Some(Listed::Recorded(id)) = self.open.remove(&stream.request_id) else { return None };
        let buffer = self.buffers.get_mut(&id)?;
        let before = (buffer.pending.len(), buffer.pending.bytes());
        let retained_before = buffer.retained.bytes();
        let folded = buffer.settle_budget();
        buffer.budget = None;
        buffer.retain_pending();
        self.retained_bytes += buffer.retained.bytes() - retained_before;
        self.pending_spans -= before.0;
        self.pending_bytes -= before.1;
        let given_up = self.bound_retained();
        let buffer = self.buffers.get_mut(&id)?;
        let entry =
            LedgerEntry { folded, retained: buffer.buffered() as u64, counts: std::mem::take(&mut buffer.counts) };
        self.forget_settled();
        Some((entry, given_up))
    }

    /// What closed accounts settled since their last line.
    pub(super) fn late_lines(&mut self) -> Vec<LateLine> {
        let settled = self.buffers.values_mut().filter(|buffer| buffer.is_closed());
        let lines = settled.filter_map(|buffer| {
            let counts = (buffer.counts.settles()).then(|| std::mem::take(&mut buffer.counts))?;
            Some(LateLine::new(buffer.request_id.clone(), buffer.trace, counts))
        });
        let lines = lines.collect();
        self.forget_settled();
        lines
    }

    /// After its stream was closed: it has no budget and no ledger line any more, but it is not lost either.
    fn record_late(&mut self, span: FinishedSpan<Streaming>) -> GivenUp {
        let buffered = BufferedSpan::new(span, self.sizes);
        let mut buffer = StreamBuffer::new(buffered.span.request_id.clone(), buffered.span.trace, None);
        buffer.pending.push(buffered);
        buffer.retain_pending();
        self.retained_bytes += buffer.retained.bytes();
        self.insert(buffer);
        self.bound_retained()
    }

    fn insert(&mut self, buffer: StreamBuffer) -> BufferId {
        let id = self.next;
        self.next += 1;
        self.buffers.insert(id, buffer);
        id
    }

    fn forget_settled(&mut self) {
        self.buffers.retain(|_, buffer| !buffer.is_closed() || buffer.buffered() > 0 || buffer.counts.settles());
    }
}

#[cfg(test)]
mod tests;
