//! What became of one attempt to send. The SDK's exporter turns an answer into a text, and partial success into
//! success; so the client writes down what it saw, and the pipeline reads it here.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectorReply {
    /// The collector answered.
    Status {
        /// The HTTP status.
        status: u16,
        /// `rejected_spans` of a partial success, else 0.
        rejected_spans: u64,
    },
    /// There was no connection, or it broke.
    None,
}

/// The notes of one attempt at a time: attempts never run concurrently.
#[derive(Debug, Default)]
pub struct AttemptLog {
    is_sent: AtomicBool,
    is_sent_twice: AtomicBool,
    answer: Mutex<Option<CollectorReply>>,
}

impl AttemptLog {
    /// Part of the request left this process: from here on the collector may have it.
    pub fn sent(&self) {
        self.is_sent.store(true, Relaxed);
    }

    /// Part of the request left before over a connection that turned out to be dead, and is sent once more.
    pub fn sent_again(&self) {
        self.is_sent_twice.store(true, Relaxed);
    }

    /// The attempt is over.
    pub fn over(&self, answer: CollectorReply) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    pub(super) fn begin(&self) {
        self.is_sent.store(false, Relaxed);
        self.is_sent_twice.store(false, Relaxed);
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn is_sent(&self) -> bool {
        self.is_sent.load(Relaxed)
    }

    pub(super) fn is_sent_twice(&self) -> bool {
        self.is_sent_twice.load(Relaxed)
    }

    pub(super) fn answer(&self) -> Option<CollectorReply> {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
