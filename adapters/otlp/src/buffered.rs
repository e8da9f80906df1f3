//! One span before it is sent: its size in memory and at X-Ray, and whether an earlier attempt may have delivered it.

use super::guard::{Guard, Guarded};
use lambda_trace::{FinishedSpan, Streaming, Value};
use std::borrow::Cow;

/// A guarded span, held until it is delivered, logged or folded. It stays in the core's form, which is smaller, and is
/// converted when it is sent or printed.
pub(crate) struct BufferedSpan {
    /// The span, after the size guard.
    pub(crate) span: FinishedSpan<Streaming>,
    /// Whether it is the stream's own span.
    pub(crate) is_stream: bool,
    /// The number of attributes that the guard dropped.
    pub(super) dropped_attributes: u32,
    /// Its X-Ray document's estimated size, in bytes.
    pub(super) document: usize,
    /// Its size in memory, with the allocator's overhead, in bytes.
    pub(super) memory: usize,
    /// Whether an attempt to send it was made whose response was not read.
    pub(super) is_unread: bool,
}

impl BufferedSpan {
    /// Applies the size guard to a span, and measures it.
    pub(crate) fn new(mut span: FinishedSpan<Streaming>, is_stream: bool, guard: &Guard) -> Self {
        let Guarded { document, dropped } = guard.guard(&mut span);
        let mut buffered = Self { span, is_stream, dropped_attributes: dropped, document, memory: 0, is_unread: false };
        buffered.memory = buffered.weigh();
        buffered
    }

    /// Cuts it to `max` estimated bytes of document. `false` if it cannot be cut so far; it is unchanged then.
    pub(super) fn shrink(&mut self, max: usize, guard: &Guard) -> bool {
        if self.document > max && guard.floor(&self.span) <= max {
            let Guarded { document, dropped } = guard.shrink(&mut self.span, max);
            self.document = document;
            self.dropped_attributes += dropped;
            self.memory = self.weigh();
        }
        self.document <= max
    }

    /// Frees spare capacity, because a retained span may be held for hours.
    pub(super) fn compact(&mut self) {
        let before = self.weigh();
        self.span.attributes.shrink_to_fit();
        for (_, value) in &mut self.span.attributes {
            match value {
                Value::Str(text) => shrink(text),
                Value::List(texts) => {
                    texts.shrink_to_fit();
                    texts.iter_mut().for_each(shrink);
                }
                Value::Int(_) | Value::Bool(_) => {}
            }
        }
        if let Some(exception) = &mut self.span.exception {
            shrink(&mut exception.error_type);
            exception.message.shrink_to_fit();
        }
        self.memory -= before - self.weigh();
    }

    fn weigh(&self) -> usize {
        let values = self.span.attributes.iter().map(|(_, value)| match value {
            Value::Str(text) => heap(text),
            Value::List(texts) => {
                block(texts.capacity() * size_of::<Cow<'_, str>>()) + texts.iter().map(heap).sum::<usize>()
            }
            Value::Int(_) | Value::Bool(_) => 0,
        });
        let exception = self.span.exception.as_ref();
        size_of::<Self>()
            + block(self.span.attributes.capacity() * size_of::<(&str, Value)>())
            + values.sum::<usize>()
            + exception.map_or(0, |e| heap(&e.error_type) + block(e.message.capacity()))
    }

    /// The exception, if the span failed.
    pub(super) fn error_type(&self) -> Option<&str> {
        self.span.exception.as_ref().map(|exception| &*exception.error_type)
    }
}

/// What the allocator adds to a block, in bytes: its header, and rounding.
const BLOCK_BYTES: usize = 16;

/// The size of a heap block with this capacity.
const fn block(room: usize) -> usize {
    if room == 0 { 0 } else { room + BLOCK_BYTES }
}

#[expect(clippy::ptr_arg, reason = "a borrowed text takes no room, an owned one its capacity")]
fn heap(text: &Cow<'static, str>) -> usize {
    match text {
        Cow::Borrowed(_) => 0,
        Cow::Owned(text) => block(text.capacity()),
    }
}

fn shrink(text: &mut Cow<'static, str>) {
    if let Cow::Owned(text) = text {
        text.shrink_to_fit();
    }
}
