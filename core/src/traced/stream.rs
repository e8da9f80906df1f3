//! `sse_stream`: the span of the stream itself. The counts stand in a record that outlives the session, so that the
//! span has them however the stream ends.

use crate::{
    identity::{ConnectionId, StreamIdentity},
    names,
};
use lambda_trace::{ANNOTATIONS, EndReason, Handler, Invocation, StreamSpan, Streaming, Timestamp, Value};
use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The attributes of the stream's span that X-Ray indexes, if they are set.
const INDEXED: [&str; 5] = ["connection_id", "end_reason", "is_cold_start", "session_id", "previous_trace_id"];

/// The client's identity, and the counts.
pub struct StreamRecord {
    identity: StreamIdentity,
    is_cold_start: bool,
    yielded: AtomicU64,
    shared_polls: AtomicU64,
}

/// Switches to the streaming phase, and returns the record from which the stream's own span is written.
pub fn into_streaming(
    invocation: Invocation<Handler>,
    identity: StreamIdentity,
    expected_end: Timestamp,
) -> (Invocation<Streaming>, Arc<StreamRecord>) {
    let record = Arc::new(StreamRecord {
        identity,
        is_cold_start: invocation.is_cold_start(),
        yielded: AtomicU64::default(),
        shared_polls: AtomicU64::default(),
    });
    (invocation.into_streaming(record.clone(), expected_end), record)
}

impl StreamRecord {
    /// The id of this connection.
    pub fn connection_id(&self) -> &ConnectionId {
        &self.identity.connection_id
    }

    /// The reader took so many more events.
    pub fn count_events(&self, events: usize) {
        self.yielded.fetch_add(events as u64, Relaxed);
    }

    /// The number of events that the reader took.
    pub fn events_yielded(&self) -> u64 {
        self.yielded.load(Relaxed)
    }

    /// Counts one round of polling that another stream made and this one used.
    pub fn count_shared_poll(&self) {
        self.shared_polls.fetch_add(1, Relaxed);
    }
}

impl StreamSpan for StreamRecord {
    fn name(&self) -> &'static str {
        names::STREAM
    }

    fn attributes(&self, why: EndReason) -> Vec<(&'static str, Value)> {
        let StreamIdentity { connection_id, session_id, previous_trace_id, connection_sequence } = &self.identity;
        let mut attributes =
            vec![("connection_id", connection_id.to_string().into()), ("is_cold_start", self.is_cold_start.into())];
        let told = [
            ("session_id", session_id),
            ("previous_trace_id", previous_trace_id),
            ("connection_sequence", connection_sequence),
        ];
        attributes.extend(told.into_iter().filter_map(|(key, value)| Some((key, value.clone()?.into()))));
        attributes.push(("end_reason", why.as_str().into()));
        attributes.push(("events_yielded", self.yielded.load(Relaxed).into()));
        attributes.push(("polls_shared", self.shared_polls.load(Relaxed).into()));
        let present = INDEXED.into_iter().filter(|key| attributes.iter().any(|(k, _)| k == key));
        let indexed = Value::List(present.map(Cow::Borrowed).collect());
        attributes.push((ANNOTATIONS, indexed));
        attributes
    }
}
