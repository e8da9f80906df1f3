//! The size of a span's X-Ray document. It is an upper bound, so that a limit that holds here holds at X-Ray.
//!
//! The shape is that of the collector's awsxray exporter: a subsegment with ids, times and flags, an `aws` block fed from
//! the resource, attributes as annotations or metadata, one exception under `cause`. Knows nothing of budgets.

use super::transport::TransportLimits;
use lambda_trace::{ANNOTATIONS, SpanKind, Value};
use opentelemetry::{Array, Value as ResourceValue};
use opentelemetry_sdk::Resource;

/// A subsegment before its name, attributes and exceptions: ids, times, three flags, type, the frames of `aws`,
/// `annotations` and `metadata`. Counted at 349 bytes; numbers may print longer than they usually do.
const DOCUMENT_BYTES: usize = 370;
/// `namespace`, and `operation`, `region`, `request_id`, `table_name` in the `aws` block beside their attributes.
const CALL_BYTES: usize = 40;
/// One entry of `cause.exceptions` with its frame, before its texts. Counted at 92 bytes.
const EXCEPTION_BYTES: usize = 100;
/// Quotes, colon and comma around a key and its value.
const PAIR_BYTES: usize = 8;
/// Quotes and comma around an element of a list.
const ELEMENT_BYTES: usize = 3;

/// The resource's share of each document, and how large one may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    resource: usize,
    document_max: usize,
}

impl Sizes {
    /// Reads what the exporter copies from the resource into every subsegment.
    pub(crate) fn new(resource: &Resource) -> Self {
        let copied = ["cloud.account.id", "aws.log.group.names"];
        let share = resource
            .iter()
            .filter(|(key, _)| copied.contains(&key.as_str()))
            .map(|(key, value)| PAIR_BYTES + 2 * ELEMENT_BYTES + key.as_str().len() + resource_value(value))
            .sum();
        Self { resource: share, document_max: TransportLimits::COLLECTOR.document_bytes }
    }

    /// The same for a receiver that accepts documents of this size.
    pub(crate) const fn with_document_max(self, document_max: usize) -> Self {
        Self { document_max, ..self }
    }

    /// The maximum size of a document; the guard cuts spans to it.
    pub(super) const fn document_max(self) -> usize {
        self.document_max
    }

    /// The part that comes from the resource.
    pub(super) const fn resource(self) -> usize {
        self.resource
    }

    /// A document without attributes and exception.
    pub(super) fn bare(self, name: &str, kind: SpanKind) -> usize {
        let call = if kind == SpanKind::Client { CALL_BYTES } else { 0 };
        DOCUMENT_BYTES + self.resource + call + escaped(name)
    }
}

/// One attribute in a document. Keys are identifiers of this code: they need no escapes.
pub(super) fn attribute(key: &str, value: &Value) -> usize {
    // This attribute says which others are indexed, and is itself no part of the document.
    if key == ANNOTATIONS {
        return 0;
    }
    let value = match value {
        Value::Str(text) => escaped(text),
        Value::List(texts) => texts.iter().map(|t| ELEMENT_BYTES + escaped(t)).sum(),
        Value::Int(n) => 2 + n.unsigned_abs().checked_ilog10().unwrap_or(0) as usize,
        Value::Bool(_) => "false".len(),
    };
    PAIR_BYTES + key.len() + value
}

/// What a failure adds.
pub(super) fn exception(error_type: &str, message: &str) -> usize {
    EXCEPTION_BYTES + escaped(error_type) + escaped(message)
}

fn resource_value(value: &ResourceValue) -> usize {
    match value {
        ResourceValue::Array(Array::String(texts)) => texts.iter().map(|t| ELEMENT_BYTES + escaped(t.as_str())).sum(),
        other => escaped(&other.as_str()),
    }
}

/// The length of a text in JSON as Go prints it: `<`, `>`, `&`, control characters and line separators take six bytes.
pub(super) fn escaped(text: &str) -> usize {
    // Most texts contain nothing to escape; without a branch per byte this is found out for many bytes at a time.
    let is_plain = text.bytes().fold(true, |plain, b| plain & is_one_wide(b));
    if is_plain {
        return text.len();
    }
    text.bytes().map(width).sum()
}

/// The longest prefix whose escaped length is at most `max`.
pub(super) fn prefix_of_escaped(text: &str, max: usize) -> &str {
    let mut left = max;
    let cut = text.char_indices().find(|(at, c)| {
        let width = escaped(&text[*at..*at + c.len_utf8()]);
        let fits = width <= left;
        left = left.saturating_sub(width);
        !fits
    });
    cut.map_or(text, |(at, _)| &text[..at])
}

/// Whether a byte needs no escape; in a form that compilers can widen.
const fn is_one_wide(b: u8) -> bool {
    b >= 0x20 && b != 0x7f && b != 0xe2 && b != b'<' && b != b'>' && b != b'&' && b != b'"' && b != b'\\'
}

/// The escaped width of a byte. The line separators begin with 0xE2: four there and one each for the two bytes that follow make six.
const fn width(b: u8) -> usize {
    match b {
        b if is_one_wide(b) => 1,
        b'"' | b'\\' => 2,
        0xe2 => 4,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_escapes() {
        assert_eq!(escaped("ab\"\\"), 6);
        assert_eq!(escaped("\n<>&"), 24);
        assert_eq!(escaped("\u{2028}"), 6);
        assert_eq!(escaped("é"), 2);
    }

    #[test]
    fn a_prefix_ends_before_what_does_not_fit() {
        assert_eq!(prefix_of_escaped("ab\"c", 3), "ab");
        assert_eq!(prefix_of_escaped("ab\"c", 4), "ab\"");
        assert_eq!(prefix_of_escaped("éé", 3), "é");
        assert_eq!(prefix_of_escaped("ab", 9), "ab");
        assert_eq!(prefix_of_escaped("ab", 0), "");
    }
}
