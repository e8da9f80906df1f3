//! The spans of one stream that are held, and the counts of the others.

use super::{budget::Budget, queue::Queue, span_counts::SpanCounts, stream_id::StreamId};
use lambda_trace::FlushOutcome;

/// One stream.
pub(super) struct StreamBuffer {
    pub(super) of: StreamId,
    /// `None` once the stream is closed.
    pub(super) budget: Option<Box<Budget>>,
    /// Not sent yet.
    pub(super) pending: Queue,
    /// Tried, or left at the end of its stream: retained.
    pub(super) retained: Queue,
    /// In an attempt that is in progress.
    pub(super) in_flight: usize,
    pub(super) counts: SpanCounts,
    /// The worst of the requests that spans of it were in.
    pub(super) outcome: FlushOutcome,
}

impl StreamBuffer {
    pub(super) fn new(of: StreamId, budget: Option<Box<Budget>>) -> Self {
        Self {
            of,
            budget,
            pending: Queue::default(),
            retained: Queue::default(),
            in_flight: 0,
            counts: SpanCounts::default(),
            outcome: FlushOutcome::Ok,
        }
    }

    /// Its ledger line is written.
    pub(super) const fn is_closed(&self) -> bool {
        self.budget.is_none()
    }

    /// The number of spans that are neither delivered nor logged nor folded yet.
    pub(super) fn buffered(&self) -> usize {
        let kept = self.budget.as_ref().map_or(0, |budget| budget.kept());
        self.pending.len() + self.retained.len() + self.in_flight + kept
    }

    /// Retains what is pending, because the stream is closed. The memory that keeps the stream known as long as any of
    /// its spans is retained counts with its first span.
    pub(super) fn retain_pending(&mut self) {
        let is_first = self.retained.len() == 0;
        for mut buffered in self.pending.drain() {
            buffered.compact();
            if is_first && self.retained.len() == 0 {
                buffered.memory += size_of::<Self>() + self.of.request_id.len();
            }
            self.retained.push(buffered);
        }
        self.retained.compact();
    }

    /// Admits or folds what the budget keeps, because no other span follows; returns the total number folded.
    pub(super) fn settle_budget(&mut self) -> u64 {
        self.budget.as_mut().map_or(0, |budget| {
            budget.settle(&mut self.pending);
            budget.folded()
        })
    }
}
