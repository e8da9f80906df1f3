//! One span on its way: what it weighs in memory and at X-Ray, and whether an earlier attempt may have delivered it.

use super::{guard, size::Sizes};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// A guarded span, held until it is delivered, logged or folded.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// The span, guarded.
    pub(crate) span: SpanData,
    /// Estimated bytes of its X-Ray document.
    pub(super) document: usize,
    /// Bytes of memory, which are also more than its bytes on the wire.
    pub(super) memory: usize,
    /// An attempt to send it was made whose answer nobody read.
    pub(super) is_unread: bool,
}

impl Held {
    /// Guards a span and weighs it.
    pub(crate) fn new(mut span: SpanData, sizes: Sizes) -> Self {
        let document = guard::guard(&mut span, sizes);
        let memory = memory(&span);
        Self { span, document, memory, is_unread: false }
    }

    /// Cuts it further; says whether its document fits `max` then.
    pub(super) fn shrink(&mut self, max: usize, sizes: Sizes) -> bool {
        if self.document > max {
            self.document = guard::shrink(&mut self.span, max, sizes);
            self.memory = memory(&self.span);
        }
        self.document <= max
    }
}

fn memory(span: &SpanData) -> usize {
    let pairs = span.attributes.iter().chain(span.events.iter().flat_map(|e| e.attributes.iter()));
    let texts: usize = pairs.map(|pair| size_of::<KeyValue>() + heap(&pair.value)).sum();
    size_of::<Held>() + span.name.len() + texts
}

fn heap(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|t| size_of_val(t) + t.as_str().len()).sum(),
        _ => 0,
    }
}
