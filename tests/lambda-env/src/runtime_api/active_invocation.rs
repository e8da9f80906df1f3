//! One invocation while it lasts: what was asked, what has come so far, which faults are still due. Shared by the server
//! that reads the answer, the caller who watches it, and the deadline.

use std::{sync::Mutex, time::Duration};

use http::HeaderMap;
use tokio::sync::{Notify, watch};

use super::{
    invocation::{Deadline, Invocation, ResponseFault, When},
    response::{Chunk, Outcome, Response},
};
use crate::clock::Stamp;

#[derive(Debug)]
pub(crate) struct ActiveInvocation {
    pub(crate) request_id: String,
    /// What `Lambda-Runtime-Invocation-Id` says, and the echo has to say.
    pub(crate) invocation_id: String,
    pub(crate) trace: Option<String>,
    pub(crate) event: bytes::Bytes,
    pub(crate) tenant: Option<String>,
    pub(crate) stale: bool,
    deadline: Deadline,
    timeout: Duration,
    record: Mutex<Response>,
    faults: Mutex<Vec<(When, ResponseFault)>>,
    fault_added: Notify,
    unread: Mutex<bool>,
    changed: watch::Sender<()>,
}

impl ActiveInvocation {
    pub(super) fn new(
        invocation: &Invocation,
        (request_id, invocation_id): (String, String),
        trace: Option<String>,
        event: bytes::Bytes,
        timeout: Duration,
    ) -> Self {
        let record = Response {
            request_id: request_id.clone(),
            trace: trace.as_deref().and_then(crate::trace::TraceHeader::parse),
            deadline_ms: 0,
            delivered: None,
            answered: None,
            headers: HeaderMap::new(),
            chunks: Vec::new(),
            trailers: HeaderMap::new(),
            ended: None,
            outcome: None,
        };
        Self {
            request_id,
            invocation_id,
            trace,
            event,
            tenant: invocation.tenant.clone(),
            stale: invocation.stale,
            deadline: invocation.deadline,
            timeout,
            record: Mutex::new(record),
            faults: Mutex::new(invocation.faults.clone()),
            fault_added: Notify::new(),
            unread: Mutex::new(false),
            changed: watch::Sender::new(()),
        }
    }

    /// Fixes the deadline, at delivery. Returns what the header says, and how long until it is enforced.
    pub(super) fn deliver(&self) -> (u64, Option<Duration>) {
        let now = Stamp::now();
        let from_now = |time: Duration| now.unix_ms() + u64::try_from(time.as_millis()).unwrap_or(0);
        let (header, enforced) = match self.deadline {
            Deadline::Timeout => (from_now(self.timeout), Some(self.timeout)),
            Deadline::In(time) => (from_now(time), Some(time)),
            Deadline::Past(ago) => (now.unix_ms() - u64::try_from(ago.as_millis()).unwrap_or(0), None),
            Deadline::Constant(ms) => (ms, None),
        };
        self.update(|record| {
            record.delivered = Some(now);
            record.deadline_ms = header;
        });
        (header, enforced)
    }

    pub(super) fn answered(&self, headers: HeaderMap) {
        self.update(|record| {
            record.answered = Some(Stamp::now());
            record.headers = headers;
        });
    }

    pub(super) fn chunk(&self, bytes: bytes::Bytes) {
        self.update(|record| {
            record.chunks.push(Chunk { at: Stamp::now(), bytes });
        });
    }

    pub(super) fn trailers(&self, trailers: HeaderMap) {
        self.update(|record| record.trailers = trailers);
    }

    /// Ends the invocation; the first end counts. Returns whether this was it.
    pub(crate) fn end(&self, outcome: Outcome) -> bool {
        let mut first = false;
        self.update(|record| {
            first = record.outcome.is_none();
            if first {
                record.outcome = Some(outcome);
                record.ended = Some(Stamp::now());
            }
        });
        first
    }

    pub(crate) fn is_over(&self) -> bool {
        self.with(|record| record.outcome.is_some())
    }

    /// Resolves when the invocation is over.
    pub(crate) async fn over(&self) {
        let mut changes = self.changes();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = changes.wait_for(|()| self.is_over()).await;
    }

    pub(crate) fn with<T>(&self, read: impl FnOnce(&Response) -> T) -> T {
        read(&crate::lock(&self.record))
    }

    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Adds a fault while the invocation goes on.
    pub(super) fn add_fault(&self, when: When, fault: ResponseFault) {
        crate::lock(&self.faults).push((when, fault));
        self.fault_added.notify_one();
    }

    /// Takes the first fault that is due, and says when the next one in time will be.
    pub(super) fn due_fault(&self) -> (Option<ResponseFault>, Option<tokio::time::Instant>) {
        let (answered, chunks, bytes) = self.with(|record| {
            let bytes: usize = record.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
            (record.answered.unwrap_or_else(Stamp::now), record.chunks.len(), bytes)
        });
        let mut faults = crate::lock(&self.faults);
        let due = faults.iter().position(|(when, _)| match *when {
            When::AtOnce => true,
            When::AfterChunks(count) => chunks >= count,
            When::AfterBytes(count) => bytes >= count,
            When::After(time) => answered.elapsed() >= time,
        });
        let due = due.map(|index| faults.remove(index).1);
        let next = faults.iter().filter_map(|(when, _)| match *when {
            When::After(time) => Some(answered.later(time)),
            _ => None,
        });
        (due, next.min())
    }

    /// Resolves when a fault was added.
    pub(super) async fn fault_added(&self) {
        self.fault_added.notified().await;
    }

    /// Says whether anybody still reads the body. If not, the runtime may give it up and ask for its next event.
    pub(super) fn set_unread(&self, unread: bool) {
        *crate::lock(&self.unread) = unread;
    }

    pub(super) fn is_unread(&self) -> bool {
        *crate::lock(&self.unread)
    }

    fn update(&self, change: impl FnOnce(&mut Response)) {
        change(&mut crate::lock(&self.record));
        self.changed.send_modify(|()| ());
    }
}
