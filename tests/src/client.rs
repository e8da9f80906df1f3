//! A client as `docs/clients.md` describes it: reads the wire, keeps the state, resumes.

use lambda_env::SseReader;
use serde_json::Value;
use std::collections::BTreeMap;

/// One event as read from the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name.
    pub event: String,
    /// Its data.
    pub data: Value,
    /// Its cursor.
    pub id: Option<String>,
    /// The reconnect delay that came with it, in milliseconds.
    pub retry_ms: Option<u64>,
}

/// Reads whole events; a block that is cut off is discarded, its cursor too.
///
/// # Panics
/// On anything that this service must not write: unknown fields, data that is not one line of JSON, a block without data.
pub fn parse(bytes: &[u8]) -> Vec<Event> {
    let mut reader = SseReader::new();
    reader.push(bytes);
    std::iter::from_fn(|| reader.take_block()).filter(|block| !block.is_empty()).map(event).collect()
}

fn event(block: Vec<(String, String)>) -> Event {
    let (mut event, mut data, mut id, mut retry_ms) = (None, None, None, None);
    for (field, value) in block {
        let length = field.len() + ": ".len() + value.len();
        assert!(length <= 32 * 1_024, "a line of {length} bytes");
        let before = match field.as_str() {
            "event" => event.replace(value).is_some(),
            "data" => data.replace(serde_json::from_str(&value).expect("JSON")).is_some(),
            "id" => id.replace(value).is_some(),
            "retry" => retry_ms.replace(value.parse().expect("digits")).is_some(),
            other => panic!("unknown field {other:?}"),
        };
        assert!(!before, "{field} twice");
    }
    Event { event: event.expect("a name"), data: data.expect("data"), id, retry_ms }
}

/// What a client holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Per ticker: score, label, confidence, count.
    pub tickers: BTreeMap<String, Value>,
    /// `metrics` without times and rates.
    pub metrics: Option<Value>,
}

/// A client over several connections.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Its state.
    pub held: Held,
    /// What it sends back.
    pub cursor: Option<String>,
    /// Every event it read on this connection.
    pub log: Vec<Event>,
    filtered: bool,
}

impl Client {
    /// A new connection begins.
    pub fn connect(&mut self) {
        self.log.clear();
        self.filtered = false;
    }

    /// Takes what came over the wire, perhaps cut off at the end.
    ///
    /// # Panics
    /// See [`parse`].
    pub fn read(&mut self, bytes: &[u8]) {
        for event in parse(bytes) {
            self.take(&event);
            self.log.push(event);
        }
    }

    fn take(&mut self, event: &Event) {
        if let Some(id) = &event.id {
            self.cursor = Some(id.clone());
        }
        match event.event.as_str() {
            "heartbeat" => {
                if let Some(only) = event.data.get("tickers").and_then(Value::as_array) {
                    self.filtered = true;
                    self.held.tickers.retain(|t, _| only.iter().any(|o| o == t));
                }
            }
            "metrics" => {
                let mut data = event.data.clone();
                let map = data.as_object_mut().expect("an object");
                for volatile in ["timestamp", "rate_last_hour", "rate_last_24h"] {
                    map.remove(volatile);
                }
                if let Some(by_tag) = map.get("by_tag").and_then(Value::as_object).filter(|_| !self.filtered) {
                    self.held.tickers.retain(|t, _| by_tag.contains_key(t));
                }
                self.held.metrics = Some(data);
            }
            "tags" if !self.filtered => {
                let text = |field: &str| event.data[field].as_str().expect("text");
                let by_tag = event.data["by_tag"].as_object().expect("counts");
                let on_page = |t: &str| (text("from")..=text("to")).contains(&t);
                assert!(by_tag.keys().all(|t| on_page(t)), "a name outside its page");
                self.held.tickers.retain(|t, _| !on_page(t) || by_tag.contains_key(t));
            }
            "sentiment_update" => {
                let mut data = event.data.clone();
                let map = data.as_object_mut().expect("an object");
                map.remove("timestamp");
                let ticker = map["ticker"].as_str().expect("text").to_owned();
                if map["count"] == 0 {
                    self.held.tickers.remove(&ticker);
                } else {
                    self.held.tickers.insert(ticker, data);
                }
            }
            _ => {}
        }
    }

    /// The names of the events of this connection, in order.
    pub fn names(&self) -> Vec<&str> {
        self.log.iter().map(|e| e.event.as_str()).collect()
    }
}
