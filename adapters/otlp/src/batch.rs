//! The spans of one request, with the streams that they belong to: the collector responds to a request, and the ledger
//! counts per stream.

use super::{buffered::BufferedSpan, queue::Queue, stream_id::BufferId};

/// The spans of one stream in a batch.
pub(super) struct Part {
    pub(super) id: BufferId,
    pub(super) spans: Vec<BufferedSpan>,
}

/// The spans of one request.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) parts: Vec<Part>,
}

impl Batch {
    /// The number of spans.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.spans.len()).sum()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// All spans, stream by stream.
    pub(super) fn spans(&self) -> impl Iterator<Item = &BufferedSpan> {
        self.parts.iter().flat_map(|part| &part.spans)
    }

    /// Removes the spans for which the condition holds; the rest stays.
    pub(super) fn take_out(&mut self, is_such: impl Fn(&BufferedSpan) -> bool) -> Self {
        let mut out = Self::default();
        for Part { id, spans } in std::mem::take(&mut self.parts) {
            let (such, others): (Vec<_>, Vec<_>) = spans.into_iter().partition(&is_such);
            for (batch, spans) in [(&mut out, such), (&mut *self, others)] {
                if !spans.is_empty() {
                    batch.parts.push(Part { id, spans });
                }
            }
        }
        out
    }

    /// Moves as much of a stream's queue here as fits into the request; returns the number of spans moved.
    pub(super) fn fill(&mut self, id: BufferId, queue: &mut Queue) -> usize {
        let bytes = self.spans().map(|buffered| buffered.memory).sum();
        let spans = queue.take(self.len(), bytes);
        let count = spans.len();
        match self.parts.last_mut() {
            Some(part) if part.id == id => part.spans.extend(spans),
            _ if spans.is_empty() => {}
            _ => self.parts.push(Part { id, spans }),
        }
        count
    }
}

impl Part {
    /// The number of spans that an earlier attempt may have delivered.
    pub(super) fn unread(&self) -> u64 {
        self.spans.iter().filter(|buffered| buffered.is_unread).count() as u64
    }
}
