//! One span on its way: what it weighs in memory and at X-Ray, and whether an earlier attempt may have delivered it.

use super::{guard, size::Sizes};
use lambda_trace::{FinishedSpan, Streaming, Value};

/// A guarded span, held until it is delivered, logged or folded. It stays in the core's form, which is the smaller one, and
/// is converted when it is sent or printed.
pub(crate) struct BufferedSpan {
    /// The span, guarded.
    pub(crate) span: FinishedSpan<Streaming>,
    /// Attributes that the guard dropped.
    pub(super) dropped_attributes: u32,
    /// Estimated bytes of its X-Ray document.
    pub(super) document: usize,
    /// Bytes of memory, roughly; they are more than its bytes on the wire.
    pub(super) memory: usize,
    /// An attempt to send it was made whose answer nobody read.
    pub(super) is_unread: bool,
}

impl BufferedSpan {
    /// Guards a span and weighs it.
    pub(crate) fn new(span: FinishedSpan<Streaming>, sizes: Sizes) -> Self {
        let mut buffered = Self { span, dropped_attributes: 0, document: 0, memory: 0, is_unread: false };
        buffered.document = guard::guard(&mut buffered, sizes);
        buffered.memory = buffered.weigh(sizes);
        buffered
    }

    /// Cuts it further; says whether its document fits `max` then.
    pub(super) fn shrink(&mut self, max: usize, sizes: Sizes) -> bool {
        if self.document > max {
            self.document = guard::shrink(self, max, sizes);
            self.memory = self.weigh(sizes);
        }
        self.document <= max
    }

    /// What a document has beyond its frame is text, for the most part, and never shorter in JSON than in memory.
    fn weigh(&self, sizes: Sizes) -> usize {
        let pairs = self.span.attributes.capacity() * size_of::<(&str, Value)>();
        let texts = self.document.saturating_sub(sizes.bare(self.span.name, self.span.kind));
        size_of::<Self>() + pairs + texts
    }

    /// The event type of an event, the partition of a poll.
    pub(super) fn facet(&self) -> Option<&str> {
        let value = self.span.attribute("event_type").or_else(|| self.span.attribute("sentiment_type"));
        value.and_then(Value::as_str)
    }

    /// Present if it failed.
    pub(super) fn error_type(&self) -> Option<&str> {
        self.span.exception.as_ref().map(|exception| &*exception.error_type)
    }
}
