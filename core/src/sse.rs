//! The wire form of an event (facts: SSE). A block is written whole; one `data:` line of JSON; `id:` and `retry:` only
//! inside an event that has data, because several clients lose or misread a block of their own.

use serde::Serialize;
use std::fmt::Display;

/// Appends one event. `id` is short printable ASCII, `data` serialises to one line of JSON.
pub fn write_event(
    out: &mut Vec<u8>,
    event: &str,
    retry_ms: Option<u64>,
    id: Option<&dyn Display>,
    data: &impl Serialize,
) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(event.as_bytes());
    if let Some(ms) = retry_ms {
        out.extend_from_slice(format!("\nretry: {ms}").as_bytes());
    }
    out.extend_from_slice(b"\ndata: ");
    // Our own types have string keys and finite numbers, which is all that could fail; JSON escapes every line break.
    if serde_json::to_writer(&mut *out, data).is_err() {
        out.extend_from_slice(b"{}");
    }
    // Last: a client that takes the id of a block that was cut off would claim data that it never had.
    if let Some(id) = id {
        out.extend_from_slice(format!("\nid: {id}").as_bytes());
    }
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_one_data_line_whatever_the_data() {
        let mut out = Vec::new();
        write_event(&mut out, "x", Some(5), Some(&"abc"), &"line\nbreak\r\u{2028}");
        assert_eq!(String::from_utf8_lossy(&out), "event: x\nretry: 5\ndata: \"line\\nbreak\\r\u{2028}\"\nid: abc\n\n");
        out.clear();
        write_event(&mut out, "y", None, None, &1);
        assert_eq!(out, b"event: y\ndata: 1\n\n");
    }
}
