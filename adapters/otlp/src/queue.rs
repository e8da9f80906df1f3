//! Spans in order, and what they weigh.

use super::buffered::BufferedSpan;
use std::collections::VecDeque;

/// Spans per request at most: as many as the collector's exporter hands X-Ray in one piece, so that its answer is true of the
/// whole request. What failed in a second piece would be sent again with what the first one delivered.
pub(crate) const BATCH_SPANS_MAX: usize = 50;
/// Bytes of memory per request at most; on the wire they are fewer.
pub(crate) const BATCH_BYTES_MAX: usize = 524_288;

/// A queue that knows its weight.
#[derive(Default)]
pub(super) struct Queue {
    spans: VecDeque<BufferedSpan>,
    bytes: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Bytes of memory.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn pop_front(&mut self) -> Option<BufferedSpan> {
        let buffered = self.spans.pop_front()?;
        self.bytes -= buffered.memory;
        Some(buffered)
    }

    pub(super) fn push(&mut self, buffered: BufferedSpan) {
        self.bytes += buffered.memory;
        self.spans.push_back(buffered);
    }

    pub(super) fn push_front(&mut self, buffered: BufferedSpan) {
        self.bytes += buffered.memory;
        self.spans.push_front(buffered);
    }

    /// Moves as much to `batch` as fits into one request; the first span of a batch always fits.
    pub(super) fn fill(&mut self, batch: &mut Vec<BufferedSpan>) {
        if batch.is_empty() && self.spans.len() <= BATCH_SPANS_MAX && self.bytes <= BATCH_BYTES_MAX {
            batch.reserve_exact(self.spans.len());
            batch.extend(self.spans.drain(..));
            self.bytes = 0;
            return;
        }
        let mut bytes: usize = batch.iter().map(|buffered| buffered.memory).sum();
        while let Some(next) = self.spans.front() {
            let fits = batch.len() < BATCH_SPANS_MAX && bytes + next.memory <= BATCH_BYTES_MAX;
            if !fits && !batch.is_empty() {
                break;
            }
            bytes += next.memory;
            batch.extend(self.pop_front());
        }
    }

    /// Gives back the memory of spans that have left.
    pub(super) fn compact(&mut self) {
        self.spans.shrink_to_fit();
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &BufferedSpan> {
        self.spans.iter()
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = BufferedSpan> + use<> {
        self.bytes = 0;
        std::mem::take(&mut self.spans).into_iter()
    }
}

impl Extend<BufferedSpan> for Queue {
    fn extend<I: IntoIterator<Item = BufferedSpan>>(&mut self, spans: I) {
        for buffered in spans {
            self.push(buffered);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{size::Sizes, testing::span};
    use opentelemetry_sdk::Resource;

    fn queue(count: usize, memory: usize) -> Queue {
        let sizes = Sizes::new(&Resource::builder_empty().build());
        let buffered = || BufferedSpan { memory, ..BufferedSpan::new(span("s", &[], None), sizes) };
        let mut queue = Queue::default();
        queue.extend((0..count).map(|_| buffered()));
        queue
    }

    fn batches(mut queue: Queue) -> Vec<usize> {
        let mut sizes = Vec::new();
        while queue.len() > 0 {
            let mut batch = Vec::new();
            queue.fill(&mut batch);
            sizes.push(batch.len());
        }
        assert_eq!(queue.bytes(), 0);
        sizes
    }

    #[test]
    fn a_request_is_bounded_by_spans_and_by_bytes() {
        assert_eq!(batches(queue(50, 1)), [50]);
        assert_eq!(batches(queue(130, 1)), [50, 50, 30]);
        assert_eq!(batches(queue(4, BATCH_BYTES_MAX / 2)), [2, 2]);
        assert_eq!(batches(queue(3, BATCH_BYTES_MAX / 2 + 1)), [1, 1, 1]);
        assert_eq!(batches(queue(2, BATCH_BYTES_MAX + 1)), [1, 1], "one always fits");
    }

    #[test]
    fn what_is_in_a_batch_already_counts() {
        let mut batch = Vec::new();
        queue(1, BATCH_BYTES_MAX - 1).fill(&mut batch);
        let mut more = queue(3, 1);
        more.fill(&mut batch);
        assert_eq!((batch.len(), more.len(), more.bytes()), (2, 2, 2));
    }
}
