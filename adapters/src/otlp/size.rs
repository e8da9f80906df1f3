//! How many bytes of X-Ray document a span becomes. An upper bound, so that a limit that holds here holds at X-Ray.
//!
//! The shape is that of the collector's awsxray exporter: a subsegment with ids, times and flags, an `aws` block fed from
//! the resource, attributes as annotations or metadata, one exception under `cause`. Knows nothing of budgets.

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::{Resource, trace::SpanData};

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
/// The longest number.
const NUMBER_BYTES: usize = 25;
/// The keys that become annotations; never a part of the document itself.
pub(super) const ANNOTATIONS_KEY: &str = "aws.xray.annotations";

/// The resource's share of each document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    resource: usize,
}

impl Sizes {
    /// Reads what the exporter copies from the resource into every subsegment.
    pub(crate) fn new(resource: &Resource) -> Self {
        let copied = ["cloud.account.id", "aws.log.group.names"];
        let share = resource
            .iter()
            .filter(|(key, _)| copied.contains(&key.as_str()))
            .map(|(key, value)| PAIR_BYTES + 2 * ELEMENT_BYTES + key.as_str().len() + escaped_value(value))
            .sum();
        Self { resource: share }
    }

    /// The resource's share.
    pub(super) const fn resource(self) -> usize {
        self.resource
    }

    /// The whole document of a span.
    pub(super) fn document(self, span: &SpanData) -> usize {
        let call = if span.span_kind == opentelemetry::trace::SpanKind::Client { CALL_BYTES } else { 0 };
        let attributes: usize = span.attributes.iter().map(attribute).sum();
        let events: usize = (span.events.iter())
            .map(|event| EXCEPTION_BYTES + event.attributes.iter().map(attribute).sum::<usize>())
            .sum();
        DOCUMENT_BYTES + self.resource + call + escaped(&span.name) + attributes + events
    }
}

/// What the budget reckons for a span's document, for whoever has the document to compare it with.
pub fn estimated_document_bytes(resource: &Resource, span: &SpanData) -> usize {
    Sizes::new(resource).document(span)
}

/// One attribute in a document.
pub(super) fn attribute(pair: &KeyValue) -> usize {
    if pair.key.as_str() == ANNOTATIONS_KEY {
        return 0;
    }
    PAIR_BYTES + escaped(pair.key.as_str()) + escaped_value(&pair.value)
}

fn escaped_value(value: &Value) -> usize {
    match value {
        Value::String(text) => escaped(text.as_str()),
        Value::Array(Array::String(texts)) => texts.iter().map(|t| ELEMENT_BYTES + escaped(t.as_str())).sum(),
        Value::Array(Array::Bool(list)) => list.len() * NUMBER_BYTES,
        Value::Array(Array::I64(list)) => list.len() * NUMBER_BYTES,
        Value::Array(Array::F64(list)) => list.len() * NUMBER_BYTES,
        Value::I64(n) => 2 + n.unsigned_abs().checked_ilog10().unwrap_or(0) as usize,
        Value::Bool(_) => "false".len(),
        _ => NUMBER_BYTES,
    }
}

/// The length of a text in JSON as Go prints it: `<`, `>`, `&`, control characters and line separators take six bytes.
pub(super) fn escaped(text: &str) -> usize {
    text.bytes().map(|b| usize::from(WIDTH[usize::from(b)])).sum()
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

/// The escaped width of each byte. The line separators begin with 0xE2: four there and one each for the two bytes that follow make six.
const WIDTH: [u8; 256] = {
    let mut width = [1; 256];
    let mut b = 0;
    while b < 0x20 {
        width[b] = 6;
        b += 1;
    }
    width[0x7f] = 6;
    width[b'<' as usize] = 6;
    width[b'>' as usize] = 6;
    width[b'&' as usize] = 6;
    width[b'"' as usize] = 2;
    width[b'\\' as usize] = 2;
    width[0xe2] = 4;
    width
};

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
