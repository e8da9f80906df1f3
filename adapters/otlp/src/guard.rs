//! The size guard: no document over 64 KB, ever (FR-058), and no span that costs another its place.
//!
//! Every string is cut at its limit on a character boundary; then a span that is still too large gives up its error text
//! beyond a floor, its attributes in a fixed order (counted in `dropped_attributes_count`), and at last the rest of the text.

use crate::size::{Sizes, attribute, escaped, exception, prefix_of_escaped};
use lambda_trace::{ANNOTATIONS, FinishedSpan, SpanKind, Streaming, Value};
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

/// Given up last, with what the service calls essential: without them a span is drawn in the wrong place, or cannot be understood
/// at all.
const ESSENTIAL: [&str; 8] =
    ["rpc.system", "rpc.service", "rpc.method", "spans_folded", "error_type", "cancelled", ANNOTATIONS, "aws.region"];

/// Cuts spans to their limits.
pub(crate) struct Guard {
    sizes: Sizes,
    essential: Vec<&'static str>,
}

/// What a span is once it was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guarded {
    /// Estimated bytes of its X-Ray document.
    pub(crate) document: usize,
    /// Attributes that were dropped.
    pub(crate) dropped: u32,
}

impl Guard {
    /// For documents of these sizes; `essential`: what the service would have given up last.
    pub(crate) fn new(sizes: Sizes, essential: &[&'static str]) -> Self {
        Self { sizes, essential: ESSENTIAL.iter().chain(essential).copied().collect() }
    }

    /// The resource's share of each document.
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

    /// What a span cannot be cut below: its frame, and the name of its error.
    pub(crate) fn floor(&self, span: &FinishedSpan<Streaming>) -> usize {
        let error = span.exception.as_ref().map_or(0, |e| exception(&e.error_type, ""));
        self.sizes.bare(span.name, span.kind) + error
    }

    /// What a span inside the function cannot weigh less than.
    pub(crate) fn bare(&self, name: &str) -> usize {
        self.sizes.bare(name, SpanKind::Internal)
    }

    /// The whole document of a span.
    fn document(&self, span: &FinishedSpan<Streaming>) -> usize {
        let attributes: usize = span.attributes.iter().map(|(key, value)| attribute(key, value)).sum();
        let error = span.exception.as_ref().map_or(0, |e| exception(&e.error_type, &e.message));
        self.sizes.bare(span.name, span.kind) + attributes + error
    }
}

/// Takes up to `excess` bytes off the error text, leaving `floor`; returns how many went.
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

/// Drops attributes, the last one set first, until `excess` bytes are gone; returns how many bytes went, and counts the attributes.
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
