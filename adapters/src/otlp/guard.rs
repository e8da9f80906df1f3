//! The size guard: no document over 64 KB, ever (FR-058), and no span that costs another its place.
//!
//! Every string is cut at its limit on a character boundary; then a span that is still too large gives up its error text
//! beyond a floor, its attributes in a fixed order (counted in `dropped_attributes_count`), and at last the rest of the text.

use super::size::{ANNOTATIONS_KEY, Sizes, attribute, escaped, prefix_of_escaped};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// Names, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 200;
/// Error text, in characters (FR-058).
pub(crate) const ERROR_TEXT_CHARS_MAX: usize = 2_048;
/// Names of errors, in characters: for grouping, not for reading.
pub(crate) const ERROR_TYPE_CHARS_MAX: usize = 200;
/// Indexed values, in characters: X-Ray's limit.
pub(crate) const ANNOTATION_CHARS_MAX: usize = 1_000;
/// Any other text, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 1_000;
/// Elements of a list; X-Ray indexes 50 keys a trace.
const LIST_ELEMENTS_MAX: usize = 50;
/// One document, in estimated bytes: half of X-Ray's limit, so that no estimate has to be exact.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 32_000;
/// The error text stays this long, escaped, until the attributes that can be spared are gone.
const TEXT_FLOOR_BYTES: usize = 160;

const MESSAGE_KEY: &str = "exception.message";

/// Given up last: without them a span is drawn in the wrong place, or cannot be understood at all.
const ESSENTIAL: [&str; 12] = [
    "rpc.system",
    "rpc.service",
    "rpc.method",
    "connection_id",
    "end_reason",
    "spans_folded",
    "event_type",
    "sentiment_type",
    "error_type",
    "cancelled",
    ANNOTATIONS_KEY,
    "aws.region",
];

/// Cuts a span to its limits; returns the estimated size of its document.
pub(super) fn guard(span: &mut SpanData, sizes: Sizes) -> usize {
    if let Some(name) = cut_bytes(&span.name, NAME_BYTES_MAX) {
        span.name = name.into();
    }
    let mut indexed = Vec::new();
    for pair in &span.attributes {
        if let (ANNOTATIONS_KEY, Value::Array(Array::String(keys))) = (pair.key.as_str(), &pair.value) {
            indexed.clone_from(keys);
        }
    }
    for pair in &mut span.attributes {
        let is_indexed = indexed.iter().any(|key| key.as_str() == pair.key.as_str());
        cut_value(&mut pair.value, if is_indexed { ANNOTATION_CHARS_MAX } else { TEXT_CHARS_MAX });
    }
    for event in &mut span.events.events {
        for pair in &mut event.attributes {
            let is_text = pair.key.as_str() == MESSAGE_KEY;
            cut_value(&mut pair.value, if is_text { ERROR_TEXT_CHARS_MAX } else { ERROR_TYPE_CHARS_MAX });
        }
    }
    shrink(span, DOCUMENT_BYTES_MAX, sizes)
}

/// Shrinks a span until its document is at most `max` bytes, as far as that goes; returns what it is then.
pub(super) fn shrink(span: &mut SpanData, max: usize, sizes: Sizes) -> usize {
    let mut size = sizes.document(span);
    if size <= max {
        return size;
    }
    size -= cut_message(span, size - max, TEXT_FLOOR_BYTES);
    size -= drop_attributes(span, size.saturating_sub(max), |key| !ESSENTIAL.contains(&key));
    size -= cut_message(span, size.saturating_sub(max), 0);
    size -= drop_attributes(span, size.saturating_sub(max), |_| true);
    size
}

/// Takes up to `excess` bytes off the error text, leaving `floor`; returns how many went.
fn cut_message(span: &mut SpanData, excess: usize, floor: usize) -> usize {
    let message = (span.events.events.iter_mut())
        .flat_map(|event| event.attributes.iter_mut())
        .find(|pair| pair.key.as_str() == MESSAGE_KEY);
    let Some(KeyValue { value: Value::String(text), .. }) = message else {
        return 0;
    };
    let before = escaped(text.as_str());
    let keep = before.saturating_sub(excess).max(floor);
    if excess == 0 || keep >= before {
        return 0;
    }
    *text = owned(prefix_of_escaped(text.as_str(), keep));
    before - escaped(text.as_str())
}

/// Drops attributes, the last one set first, until `excess` bytes are gone; returns how many went.
fn drop_attributes(span: &mut SpanData, excess: usize, may_go: fn(&str) -> bool) -> usize {
    let mut gone = 0;
    let mut at = span.attributes.len();
    while at > 0 && gone < excess {
        at -= 1;
        if may_go(span.attributes[at].key.as_str()) {
            gone += attribute(&span.attributes.remove(at));
            span.dropped_attributes_count += 1;
        }
    }
    gone
}

fn cut_value(value: &mut Value, max: usize) {
    match value {
        Value::String(text) => cut_text(text, max),
        Value::Array(Array::String(texts)) => {
            texts.truncate(LIST_ELEMENTS_MAX);
            for text in texts {
                cut_text(text, max);
            }
        }
        _ => {}
    }
}

fn cut_text(text: &mut StringValue, max: usize) {
    // As many bytes as characters are allowed cannot be too many characters.
    if text.as_str().len() <= max {
        return;
    }
    if let Some((at, _)) = text.as_str().char_indices().nth(max) {
        *text = owned(&text.as_str()[..at]);
    }
}

fn cut_bytes(text: &str, max: usize) -> Option<String> {
    (text.len() > max).then(|| text[..text.floor_char_boundary(max)].to_owned())
}

fn owned(text: &str) -> StringValue {
    text.to_owned().into()
}

#[cfg(test)]
mod tests;
