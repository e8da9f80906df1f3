//! The size guard: no document over 64 KB, ever (FR-058), and no span that costs another its place.
//!
//! Every string is cut at its limit on a character boundary; then a span that is still too large gives up its error text
//! beyond a floor, its attributes in a fixed order (counted in `dropped_attributes_count`), and at last the rest of the text.

use super::{
    buffered::BufferedSpan,
    size::{ANNOTATIONS_KEY, Sizes, attribute, escaped, exception, prefix_of_escaped},
};
use lambda_trace::Value;
use std::borrow::Cow;

/// Names, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 200;
/// Error text, in characters (FR-058).
pub(crate) const ERROR_TEXT_CHARS_MAX: usize = 2_048;
/// Names of errors, in characters: for grouping, not for reading.
pub(crate) const ERROR_TYPE_CHARS_MAX: usize = 200;
/// Any other text, in characters: X-Ray's limit for an indexed one, and any may be indexed.
pub(crate) const TEXT_CHARS_MAX: usize = 1_000;
/// Elements of a list; X-Ray indexes 50 keys a trace.
const LIST_ELEMENTS_MAX: usize = 50;
/// The error text stays this long, escaped, until the attributes that can be spared are gone.
const TEXT_FLOOR_BYTES: usize = 64;

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
pub(super) fn guard(buffered: &mut BufferedSpan, sizes: Sizes) -> usize {
    let span = &mut buffered.span;
    span.name = &span.name[..span.name.floor_char_boundary(NAME_BYTES_MAX)];
    for (_, value) in &mut span.attributes {
        cut_value(value, TEXT_CHARS_MAX);
    }
    if let Some(exception) = &mut span.exception {
        cut_text(&mut exception.error_type, ERROR_TYPE_CHARS_MAX);
        cut_chars(&mut exception.message, ERROR_TEXT_CHARS_MAX);
    }
    shrink(buffered, sizes.document_max(), sizes)
}

/// Shrinks a span until its document is at most `max` bytes, as far as that goes; returns what it is then.
pub(super) fn shrink(buffered: &mut BufferedSpan, max: usize, sizes: Sizes) -> usize {
    let mut size = document(buffered, sizes);
    if size <= max {
        return size;
    }
    size -= cut_message(buffered, size - max, TEXT_FLOOR_BYTES);
    size -= drop_attributes(buffered, size.saturating_sub(max), |key| !ESSENTIAL.contains(&key));
    size -= cut_message(buffered, size.saturating_sub(max), 0);
    size -= drop_attributes(buffered, size.saturating_sub(max), |_| true);
    size
}

/// The whole document of a span.
fn document(buffered: &BufferedSpan, sizes: Sizes) -> usize {
    let span = &buffered.span;
    let attributes: usize = span.attributes.iter().map(|(key, value)| attribute(key, value)).sum();
    sizes.bare(span.name, span.kind)
        + attributes
        + span.exception.as_ref().map_or(0, |e| exception(&e.error_type, &e.message))
}

/// Takes up to `excess` bytes off the error text, leaving `floor`; returns how many went.
fn cut_message(buffered: &mut BufferedSpan, excess: usize, floor: usize) -> usize {
    let Some(exception) = &mut buffered.span.exception else { return 0 };
    let before = escaped(&exception.message);
    let keep = before.saturating_sub(excess).max(floor);
    if excess == 0 || keep >= before {
        return 0;
    }
    let end = prefix_of_escaped(&exception.message, keep).len();
    exception.message.truncate(end);
    exception.message.shrink_to_fit();
    before - escaped(&exception.message)
}

/// Drops attributes, the last one set first, until `excess` bytes are gone; returns how many went.
fn drop_attributes(buffered: &mut BufferedSpan, excess: usize, may_go: fn(&str) -> bool) -> usize {
    let attributes = &mut buffered.span.attributes;
    let mut gone = 0;
    let mut at = attributes.len();
    while at > 0 && gone < excess {
        at -= 1;
        if may_go(attributes[at].0) {
            let (key, value) = attributes.remove(at);
            gone += attribute(key, &value);
            buffered.dropped_attributes += 1;
        }
    }
    gone
}

fn cut_value(value: &mut Value, max: usize) {
    match value {
        Value::Str(text) => cut_text(text, max),
        Value::List(texts) => {
            texts.truncate(LIST_ELEMENTS_MAX);
            for text in texts {
                cut_text(text, max);
            }
        }
        Value::Int(_) | Value::Bool(_) => {}
    }
}

fn cut_text(text: &mut Cow<'static, str>, max: usize) {
    // As many bytes as characters are allowed cannot be too many characters.
    if text.len() > max {
        cut_chars(text.to_mut(), max);
    }
}

fn cut_chars(text: &mut String, max: usize) {
    if let Some((at, _)) = text.char_indices().nth(max) {
        text.truncate(at);
        text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests;
