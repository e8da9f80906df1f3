//! The response of a function, as it was on the wire: chunks with their arrival, prelude, trailers, and how it ended.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::{
    clock::Stamp,
    sse::{SseEvent, SseReader},
    trace::TraceHeader,
};

/// What separates prelude and body.
const NULS: [u8; 8] = [0; 8];

/// One HTTP chunk as the function sent it; one that arrived in two reads, as long ones do, is two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When its last byte had been read.
    pub at: Stamp,
    /// Its payload.
    pub bytes: Bytes,
}

/// Status line and headers of the HTTP answer, as the function wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prelude {
    /// `statusCode`, 200 if absent.
    pub status: u16,
    /// `headers`, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// `cookies`.
    pub cookies: Vec<String>,
}

impl Prelude {
    pub(crate) fn of(json: &Value) -> Self {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let headers = json["headers"].as_object().into_iter().flatten();
        Self {
            status: json["statusCode"].as_u64().and_then(|status| status.try_into().ok()).unwrap_or(200),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), text(value))).collect(),
            cookies: json["cookies"].as_array().into_iter().flatten().map(text).collect(),
        }
    }
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The whole body came, and 202 was answered.
    Complete,
    /// The body ended in the Runtime API's error trailers.
    ErrorTrailers {
        /// `Lambda-Runtime-Function-Error-Type`.
        kind: String,
        /// `Lambda-Runtime-Function-Error-Body`, as it was sent: base64.
        body: String,
    },
    /// The function answered on `/error`.
    Error {
        /// `Lambda-Runtime-Function-Error-Type`, or the body's `errorType` without it.
        kind: String,
        /// The body, JSON by the rules.
        body: Bytes,
    },
    /// The function ended its connection in mid-body, and went on living.
    Truncated,
    /// A [`Refuse`](super::ResponseFault::Refuse) took place, or a stale answer was turned away.
    Refused(StatusCode),
    /// A [`Cut`](super::ResponseFault::Cut) took place.
    Cut,
    /// The deadline passed. The environment was killed, but on Managed Instances.
    TimedOut,
    /// No worker was free: the caller gets 429, the function learns nothing of it. On Managed Instances only.
    Throttled,
    /// The process ended before its answer was whole.
    Exited,
}

/// One invocation, recorded.
#[derive(Clone, Debug)]
pub struct Response {
    /// `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// The trace header that was sent, if it was well-formed.
    pub trace: Option<TraceHeader>,
    /// `Lambda-Runtime-Deadline-Ms`.
    pub deadline_ms: u64,
    /// When the runtime was given the event.
    pub delivered: Option<Stamp>,
    /// When the head of the response had come.
    pub answered: Option<Stamp>,
    /// Headers of the POST.
    pub headers: HeaderMap,
    /// Every chunk of the body, in order.
    pub chunks: Vec<Chunk>,
    /// Trailers of the body.
    pub trailers: HeaderMap,
    /// When it was over for the client.
    pub ended: Option<Stamp>,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Outcome>,
}

impl Response {
    /// The HTTP answer's head: from the prelude of a streaming response, or from the JSON of a buffered one.
    pub fn prelude(&self) -> Option<Prelude> {
        let whole = self.bytes();
        let end = split(&whole).map_or(whole.len(), |(end, _)| end);
        serde_json::from_slice(&whole[..end]).ok().as_ref().map(Prelude::of)
    }

    /// Whether prelude and NUL bytes came as two chunks of their own, as Lambda needs them.
    pub fn has_separate_prelude(&self) -> bool {
        let mut chunks = self.chunks.iter().map(|chunk| &chunk.bytes);
        chunks.next().is_some_and(|prelude| prelude.starts_with(b"{") && split(prelude).is_none())
            && chunks.next().is_some_and(|nuls| **nuls == NULS)
    }

    /// The bytes that the client gets: everything after the NUL bytes.
    pub fn body(&self) -> Bytes {
        let whole = self.bytes();
        split(&whole).map_or_else(Bytes::new, |(_, body)| whole.slice(body..))
    }

    /// The body's complete events.
    pub fn events(&self) -> Vec<SseEvent> {
        self.timed_events().into_iter().map(|(_, event)| event).collect()
    }

    /// The body's complete events, each with the arrival of the chunk that completed it.
    pub fn timed_events(&self) -> Vec<(Stamp, SseEvent)> {
        let (mut reader, mut head, mut events) = (SseReader::new(), Some(Vec::new()), Vec::new());
        for chunk in &self.chunks {
            match &mut head {
                None => reader.push(&chunk.bytes),
                Some(begun) => {
                    begun.extend_from_slice(&chunk.bytes);
                    if let Some((_, body)) = split(begun) {
                        reader.push(&begun[body..]);
                        head = None;
                    }
                }
            }
            events.extend(std::iter::from_fn(|| reader.take_event()).map(|event| (chunk.at, event)));
        }
        events
    }

    /// How long before the deadline something happened; `None` if it was after it, or if there is no real deadline.
    pub fn before_deadline(&self, moment: &Stamp) -> Option<Duration> {
        self.deadline_ms.checked_sub(moment.unix_ms()).map(Duration::from_millis)
    }

    /// Delivery to first chunk after the NUL bytes.
    pub fn time_to_first_byte(&self) -> Option<Duration> {
        Some(self.chunks.get(2)?.at.since(&self.delivered?))
    }

    /// Delivery to end.
    pub fn duration(&self) -> Option<Duration> {
        Some(self.ended?.since(&self.delivered?))
    }

    fn bytes(&self) -> Bytes {
        let parts: Vec<&[u8]> = self.chunks.iter().map(|chunk| chunk.bytes.as_ref()).collect();
        parts.concat().into()
    }
}

/// Where the prelude ends and where the body begins.
pub(crate) fn split(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.windows(NULS.len()).position(|window| window == NULS)?;
    Some((end, end + NULS.len()))
}
