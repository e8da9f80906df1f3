//! The caller's side of an invocation: reads the response as it arrives, and behaves as clients do. Dropping it stands
//! for a client that disconnected: Lambda does not tell the function, and neither does this.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use tokio::sync::watch;

use super::{
    active_invocation::ActiveInvocation,
    invocation::{ResponseFault, When},
    response::{Chunk, Prelude, Response, split},
};
use crate::{
    sse::{SseEvent, SseReader},
    trace::TraceHeader,
};

/// A running invocation.
#[derive(Debug)]
pub struct Call {
    active: Arc<ActiveInvocation>,
    changes: watch::Receiver<()>,
    next_chunk: usize,
    events: EventCursor,
}

#[derive(Debug, Default)]
struct EventCursor {
    next_chunk: usize,
    head: Option<Vec<u8>>,
    reader: SseReader,
}

impl Call {
    pub(super) fn new(active: Arc<ActiveInvocation>) -> Self {
        let changes = active.changes();
        let events = EventCursor { head: Some(Vec::new()), ..EventCursor::default() };
        Self { active, changes, next_chunk: 0, events }
    }

    /// `Lambda-Runtime-Aws-Request-Id`.
    pub fn request_id(&self) -> &str {
        &self.active.request_id
    }

    /// The trace header sent, if it was well-formed.
    pub fn trace(&self) -> Option<TraceHeader> {
        self.active.with(|record| record.trace.clone())
    }

    /// Headers of the function's answer, once they are there; `None` if the invocation ended without one. Safe to cancel.
    pub async fn head(&mut self) -> Option<HeaderMap> {
        self.wait(|record| record.answered.map(|_| record.headers.clone())).await
    }

    /// The next raw chunk; `None` at the end, whatever kind of end it was. Safe to cancel.
    pub async fn chunk(&mut self) -> Option<Chunk> {
        let next = self.next_chunk;
        let chunk = self.wait(|record| record.chunks.get(next).cloned()).await;
        self.next_chunk += usize::from(chunk.is_some());
        chunk
    }

    /// Head of the HTTP answer, once it is there; `None` if the invocation ended without one. Safe to cancel.
    pub async fn prelude(&mut self) -> Option<Prelude> {
        let found = self.wait(|record| (record.chunks.len() > 1).then(|| record.prelude()).flatten()).await;
        found.or_else(|| self.active.with(Response::prelude))
    }

    /// The next event of the body, read beside [`Self::chunk`] with a place of its own; `None` at the end. Safe to cancel.
    pub async fn event(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(event) = self.events.reader.take_event() {
                return Some(event);
            }
            let next = self.events.next_chunk;
            let chunk = self.wait(|record| record.chunks.get(next).cloned()).await?;
            self.events.push(&chunk.bytes);
        }
    }

    /// Waits for the end and hands over everything that came.
    pub async fn finish(self) -> Response {
        self.active.over().await;
        self.so_far()
    }

    /// What has come until now.
    pub fn so_far(&self) -> Response {
        self.active.with(Response::clone)
    }

    /// Stops reading, as a client that stands still.
    pub fn stand_still(&self) {
        self.active.add_fault(When::AtOnce, ResponseFault::StandStill);
    }

    /// Reads so many bytes in a second from now on.
    pub fn slow_down(&self, bytes_per_second: u32) {
        self.active.add_fault(When::AtOnce, ResponseFault::SlowDown(bytes_per_second));
    }

    /// Goes on reading, at full speed.
    pub fn go_on(&self) {
        self.active.add_fault(When::AtOnce, ResponseFault::GoOn);
    }

    /// Resets the connection that carries the answer.
    pub fn cut(&self) {
        self.active.add_fault(When::AtOnce, ResponseFault::Cut);
    }

    /// Answers early with this status.
    pub fn refuse(&self, status: StatusCode) {
        self.active.add_fault(When::AtOnce, ResponseFault::Refuse(status));
    }

    /// Waits until `find` finds something, or until the invocation is over and it finds nothing.
    async fn wait<T>(&mut self, find: impl Fn(&Response) -> Option<T>) -> Option<T> {
        loop {
            self.changes.borrow_and_update();
            let (found, over) = self.active.with(|record| (find(record), record.outcome.is_some()));
            if found.is_some() || over || self.changes.changed().await.is_err() {
                return found;
            }
        }
    }
}

impl EventCursor {
    /// The reader gets what follows the NUL bytes, wherever the chunks were cut.
    fn push(&mut self, bytes: &[u8]) {
        self.next_chunk += 1;
        let Some(head) = &mut self.head else {
            return self.reader.push(bytes);
        };
        head.extend_from_slice(bytes);
        if let Some((_, body)) = split(head) {
            self.reader.push(&head[body..]);
            self.head = None;
        }
    }
}
