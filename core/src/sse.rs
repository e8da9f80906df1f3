//! The wire format of an event. A block is written as a whole, with one `data:` line of JSON. `id:` and `retry:` occur
//! only in an event that has data, because several clients lose or misread a block without data.

use lambda_trace::whole_millis;
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use std::{fmt::Display, io, time::Duration};

/// Appends one event. `id` is short printable ASCII.
pub fn write_event(
    out: &mut Vec<u8>,
    event: &str,
    retry: Option<Duration>,
    id: Option<&dyn Display>,
    data: &impl Serialize,
) {
    write_event_with(out, event, retry, id, |out| out.extend_from_slice(json(data).as_bytes()));
}

/// Appends one event whose data `write` appends: one line of JSON.
pub(crate) fn write_event_with(
    out: &mut Vec<u8>,
    event: &str,
    retry: Option<Duration>,
    id: Option<&dyn Display>,
    write: impl FnOnce(&mut Vec<u8>),
) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(event.as_bytes());
    if let Some(retry) = retry {
        out.extend_from_slice(format!("\nretry: {}", whole_millis(retry)).as_bytes());
    }
    out.extend_from_slice(b"\ndata: ");
    write(out);
    // Last, because a client that took the id of a truncated block would claim data that it never received.
    if let Some(id) = id {
        out.extend_from_slice(format!("\nid: {id}").as_bytes());
    }
    out.extend_from_slice(b"\n\n");
}

/// One line of JSON for every reader: some treat U+2028 and U+2029 as ends of a line, so these are escaped.
pub(crate) fn json(data: &(impl Serialize + ?Sized)) -> String {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, OneLine);
    // Our own types have string keys and finite numbers, so serialisation cannot fail; JSON escapes all other line
    // breaks.
    match data.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => "{}".to_owned(),
    }
}

struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['\u{2028}', '\u{2029}']) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            writer.write_all(if from.starts_with('\u{2028}') { b"\\u2028" } else { b"\\u2029" })?;
            // Both characters are three bytes long.
            rest = &from[3..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: io::Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_one_data_line_whatever_the_data() {
        let mut out = Vec::new();
        write_event(
            &mut out,
            "x",
            Some(Duration::from_millis(5)),
            Some(&"abc"),
            &"line\nbreak\r\u{2028}and\u{2029}\"\\",
        );
        let data = r#""line\nbreak\r\u2028and\u2029\"\\""#;
        assert_eq!(String::from_utf8_lossy(&out), format!("event: x\nretry: 5\ndata: {data}\nid: abc\n\n"));
        out.clear();
        write_event(&mut out, "y", None, None, &1);
        assert_eq!(out, b"event: y\ndata: 1\n\n");
    }
}
