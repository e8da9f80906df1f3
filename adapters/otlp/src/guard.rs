//! The size guard: no document exceeds 64 KB (FR-058), and no span takes another's reserved place.
//!
//! Every string is cut at its limit on a character boundary. A span that is still too large then loses its error text
//! beyond a minimum, its attributes in a fixed order (counted in `dropped_attributes_count`), and finally the rest of
//! the text.

use crate::size::{Sizes, attribute, escaped, exception, prefix_of_escaped};
use lambda_trace::{ANNOTATIONS, FinishedSpan, SpanKind, Streaming, Value};
use std::borrow::Cow;

/// Names, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 200;
/// Error messages, in characters (FR-058).
pub(crate) const ERROR_TEXT_CHARS_MAX: usize = 2_048;
/// Error types, in characters: they are for grouping, not for reading.
pub(crate) const ERROR_TYPE_CHARS_MAX: usize = 200;
/// Any other text, in characters: X-Ray's limit for an indexed one, and any text may be indexed.
pub(crate) const TEXT_CHARS_MAX: usize = 1_000;
/// Elements of a list; X-Ray indexes 50 keys a trace.
const LIST_ELEMENTS_MAX: usize = 50;
/// The error text keeps this length, escaped, until the attributes that are not essential are gone.
const TEXT_FLOOR_BYTES: usize = 64;

/// Removed last, together with the attributes that the service calls essential: without them a span is shown in the
/// wrong place, or cannot be understood.
const ESSENTIAL: [&str; 8] =
    ["rpc.system", "rpc.service", "rpc.method", "spans_folded", "error_type", "cancelled", ANNOTATIONS, "aws.region"];

/// Cuts spans to their limits.
pub(crate) struct Guard {
    sizes: Sizes,
    essential: Vec<&'static str>,
}

/// The size of a span after it was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guarded {
    /// Estimated bytes of its X-Ray document.
    pub(crate) document: usize,
    /// The number of attributes that were dropped.
    pub(crate) dropped: u32,
}

impl Guard {
    /// For documents of these sizes. `essential` are the attributes that the service wants removed last.
    pub(crate) fn new(sizes: Sizes, essential: &[&'static str]) -> Self {
        Self { sizes, essential: ESSENTIAL.iter().chain(essential).copied().collect() }
    }

    /// The part of each document that comes from the resource, in bytes.
    pub(crate) const fn resource(&self) -> usize {
        self.sizes.resource()
    }

    /// Cuts a span to its limits.
    pub(crate) fn guard(&self, span: &mut FinishedSpan<Streaming>) -> Guarded {
        span.name = &span.name[..span.name.floor_char_boundary(NAME_BYTES_MAX)];
        for (_, value) in &mut span.attributes {
            cut_value(value, TEXT_CHARS_MAX);
        }
        if let Some(exception) = &mut span.exception {
            cut_text(&mut exception.error_type, ERROR_TYPE_CHARS_MAX);
            cut_chars(&mut exception.message, ERROR_TEXT_CHARS_MAX);
        }
        self.shrink(span, self.sizes.document_max())
    }

    /// Shrinks a span until its document is at most `max` bytes, or [`Self::floor`].
    pub(crate) fn shrink(&self, span: &mut FinishedSpan<Streaming>, max: usize) -> Guarded {
        let mut document = self.document(span);
        let mut dropped = 0;
        if document > max {
            document -= cut_message(span, document - max, TEXT_FLOOR_BYTES);
            let may_go = |key: &str| !self.essential.contains(&key);
            document -= drop_attributes(span, document.saturating_sub(max), may_go, &mut dropped);
            document -= cut_message(span, document.saturating_sub(max), 0);
            document -= drop_attributes(span, document.saturating_sub(max), |_| true, &mut dropped);
        }
        Guarded { document, dropped }
    }

    /// The size that a span cannot be cut below: its frame, and its error type.
    pub(crate) fn floor(&self, span: &FinishedSpan<Streaming>) -> usize {
        let error = span.exception.as_ref().map_or(0, |e| exception(&e.error_type, ""));
        self.sizes.bare(span.name, span.kind) + error
    }

    /// What a span inside the function cannot weigh less than.
    pub(crate) fn bare(&self, name: &str) -> usize {
        self.sizes.bare(name, SpanKind::Internal)
    }

    /// The estimated size of a span's document.
    fn document(&self, span: &FinishedSpan<Streaming>) -> usize {
        let attributes: usize = span.attributes.iter().map(|(key, value)| attribute(key, value)).sum();
        let error = span.exception.as_ref().map_or(0, |e| exception(&e.error_type, &e.message));
        self.sizes.bare(span.name, span.kind) + attributes + error
    }
}

/// Removes up to `excess` bytes of the error text, leaving `floor`; returns how many were removed.
fn cut_message(span: &mut FinishedSpan<Streaming>, excess: usize, floor: usize) -> usize {
    let Some(exception) = &mut span.exception else { return 0 };
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

/// Drops attributes, the last one set first, until `excess` bytes are gone; returns the bytes removed, and counts the
/// attributes.
fn drop_attributes(
    span: &mut FinishedSpan<Streaming>,
    excess: usize,
    may_go: impl Fn(&str) -> bool,
    dropped: &mut u32,
) -> usize {
    let attributes = &mut span.attributes;
    let mut gone = 0;
    let mut at = attributes.len();
    while at > 0 && gone < excess {
        at -= 1;
        if may_go(attributes[at].0) {
            let (key, value) = attributes.remove(at);
            gone += attribute(key, &value);
            *dropped += 1;
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
    // A text of no more bytes than characters are allowed cannot have too many characters.
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
