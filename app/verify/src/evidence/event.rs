//! One event of a stream, as the reader saw it.

use serde_json::Value;
use std::time::Duration;

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it was complete, since the request was sent, by the reader's own clock.
    pub at: Duration,
    /// Its `event:` field.
    pub name: String,
    /// Its `id:` field.
    pub id: Option<String>,
    /// Its `data:`; `Null` if that is no JSON.
    pub data: Value,
}

impl Event {
    /// A member of the data that is text.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.data[member].as_str()
    }
}
