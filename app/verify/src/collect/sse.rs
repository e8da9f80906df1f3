//! From bytes to events, as the standard says: lines end with LF, CR or both, an event with an empty line.

use crate::evidence::Event;
use serde_json::Value;
use std::time::Duration;

/// A line longer than this is no event of ours, and is cut.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Takes a body in pieces, cut anywhere.
#[derive(Debug, Default)]
pub(super) struct SseParser {
    line: Vec<u8>,
    is_after_cr: bool,
    name: String,
    data: String,
    /// The last id of the stream: it holds until another comes, but an event is noted with its own only.
    id: Option<String>,
}

impl SseParser {
    /// The events that are complete with these bytes.
    pub(super) fn push(&mut self, bytes: &[u8], at: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        for byte in bytes {
            let is_rest_of_crlf = self.is_after_cr && *byte == b'\n';
            self.is_after_cr = *byte == b'\r';
            match byte {
                _ if is_rest_of_crlf => {}
                b'\r' | b'\n' => events.extend(self.end_line(at)),
                byte if self.line.len() < LINE_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
        events
    }

    fn end_line(&mut self, at: Duration) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            return self.end_event(at);
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            "id" => self.id = Some(value.to_owned()),
            _ => {}
        }
        None
    }

    fn end_event(&mut self, at: Duration) -> Option<Event> {
        let (name, data, id) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data), self.id.take());
        if name.is_empty() && data.is_empty() {
            return None;
        }
        Some(Event { at, name, id, data: serde_json::from_str(&data).unwrap_or(Value::Null) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_they_are_cut() {
        let text = "event: heartbeat\r\nretry: 3\r\ndata: {\"a\":1}\r\n\r\n: comment\n\nevent: metrics\ndata: {\"b\":\ndata: 2}\nid: x\n\n";
        let whole = SseParser::default().push(text.as_bytes(), Duration::ZERO);
        let mut parser = SseParser::default();
        let pieces: Vec<_> = text.bytes().flat_map(|byte| parser.push(&[byte], Duration::ZERO)).collect();
        assert_eq!(whole, pieces);
        assert_eq!(whole.len(), 2);
        assert_eq!((whole[0].name.as_str(), &whole[0].id, &whole[0].data["a"]), ("heartbeat", &None, &1.into()));
        assert_eq!((whole[1].id.as_deref(), &whole[1].data["b"]), (Some("x"), &2.into()));
    }
}
