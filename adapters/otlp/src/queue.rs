//! A queue of spans that knows its size in memory.

use super::buffered::BufferedSpan;
use std::collections::VecDeque;

/// The maximum number of spans per request: as many as the collector's exporter passes to X-Ray in one call, so that
/// its response holds for the whole request. Otherwise spans that fail in a second call would be sent again together
/// with those that the first one delivered.
pub(crate) const BATCH_SPANS_MAX: usize = 50;
/// The maximum size of a request's spans in memory, in bytes; on the wire they are smaller.
pub(crate) const BATCH_BYTES_MAX: usize = 524_288;

/// A queue of spans that knows its size.
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

    /// Takes as many spans as fit into one request that holds so many spans, of so many bytes, already; the first span
    /// of a request always fits.
    pub(super) fn take(&mut self, held_spans: usize, held_bytes: usize) -> Vec<BufferedSpan> {
        if held_spans + self.spans.len() <= BATCH_SPANS_MAX && held_bytes + self.bytes <= BATCH_BYTES_MAX {
            return self.drain().collect();
        }
        let mut taken = Vec::new();
        let mut bytes = held_bytes;
        while let Some(next) = self.spans.front() {
            let held = held_spans + taken.len();
            let fits = held < BATCH_SPANS_MAX && bytes + next.memory <= BATCH_BYTES_MAX;
            if !fits && held > 0 {
                break;
            }
            bytes += next.memory;
            taken.extend(self.pop_front());
        }
        taken
    }

    /// Frees the memory of spans that have left.
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
    use crate::{guard::Guard, size::Sizes, testing::span};
    use opentelemetry_sdk::Resource;

    fn queue(count: usize, memory: usize) -> Queue {
        let guard = Guard::new(Sizes::new(&Resource::builder_empty().build()), &[]);
        let buffered = || BufferedSpan { memory, ..BufferedSpan::new(span("s", &[], None), false, &guard) };
        let mut queue = Queue::default();
        queue.extend((0..count).map(|_| buffered()));
        queue
    }

    fn batches(mut queue: Queue) -> Vec<usize> {
        let mut sizes = Vec::new();
        while queue.len() > 0 {
            sizes.push(queue.take(0, 0).len());
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
        let first = queue(1, BATCH_BYTES_MAX - 1).take(0, 0);
        let mut more = queue(3, 1);
        let second = more.take(first.len(), BATCH_BYTES_MAX - 1);
        assert_eq!((first.len() + second.len(), more.len(), more.bytes()), (2, 2, 2));
        assert_eq!(queue(3, 1).take(BATCH_SPANS_MAX, 0).len(), 0, "it is full");
    }
}
