//! Server-Sent Events out of the bytes of a body, as far as a test needs them. It reconnects nowhere.

/// One event as a client gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event` field; `message` without one.
    pub name: String,
    /// The `data` lines, joined by line feeds.
    pub data: String,
    /// The `id` field of this very block.
    pub id: Option<String>,
    /// The `retry` field in milliseconds.
    pub retry: Option<u64>,
}

impl SseEvent {
    /// The data as JSON; `Null` if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.data).unwrap_or_default()
    }
}

/// Bytes in, events out. A block that was cut off is no event, as in a browser.
#[derive(Clone, Debug, Default)]
pub struct SseReader {
    buffer: Vec<u8>,
}

impl SseReader {
    /// A reader at the start of a body.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in bytes; what became complete comes out of [`Self::take_event`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete event. Blocks without data (comments alone, an id alone) are passed over.
    pub fn take_event(&mut self) -> Option<SseEvent> {
        while let Some(block) = self.take_block() {
            if let Some(event) = event(block) {
                return Some(event);
            }
        }
        None
    }

    /// The next complete block, an event or not, as its fields and values in order; for tests that judge the writer.
    pub fn take_block(&mut self) -> Option<Vec<(String, String)>> {
        let end = self.buffer.windows(2).position(|pair| pair == b"\n\n")?;
        let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
        let block = String::from_utf8_lossy(&block);
        let field = |line: &str| {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            (field.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())
        };
        Some(block.lines().filter(|line| !line.is_empty()).map(field).collect())
    }

    /// Whether bytes of an unfinished block are held: the body was cut inside an event.
    pub fn is_inside_event(&self) -> bool {
        !self.buffer.is_empty()
    }
}

fn event(block: Vec<(String, String)>) -> Option<SseEvent> {
    let mut event = SseEvent { name: "message".to_owned(), ..SseEvent::default() };
    let mut data = Vec::new();
    for (field, value) in block {
        match field.as_str() {
            "event" => event.name = value,
            "data" => data.push(value),
            "id" => event.id = Some(value),
            "retry" => event.retry = value.parse().ok(),
            _ => {}
        }
    }
    event.data = data.join("\n");
    (!data.is_empty()).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_whole_wherever_the_bytes_were_cut() {
        let body =
            b"retry: 250\nid: a\nevent: heartbeat\ndata: {\"n\":1}\n\n: comment\n\ndata: x\ndata: y\n\nevent: cut";
        for cut in 0..body.len() {
            let mut reader = SseReader::new();
            let mut events = Vec::new();
            for part in [&body[..cut], &body[cut..]] {
                reader.push(part);
                events.extend(std::iter::from_fn(|| reader.take_event()));
            }
            assert_eq!(events.len(), 2, "cut at {cut}");
            assert_eq!((events[0].name.as_str(), events[0].retry), ("heartbeat", Some(250)));
            assert_eq!((events[0].id.as_deref(), &events[0].json()["n"]), (Some("a"), &serde_json::json!(1)));
            assert_eq!((events[1].name.as_str(), events[1].data.as_str()), ("message", "x\ny"));
            assert!(reader.is_inside_event());
        }
    }
}
