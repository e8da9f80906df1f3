//! The result of one attempt to send. The SDK's exporter turns a response into a text, and a partial success into a
//! success; so the HTTP client notes what it saw, and the pipeline reads it here.

use super::{
    answer::CollectorAnswer,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use std::sync::PoisonError;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectorReply {
    /// The collector responded.
    Answered(CollectorAnswer),
    /// There was no connection, or it broke; with the reason.
    None(String),
}

/// The record of one attempt at a time; attempts are never concurrent.
#[derive(Debug, Default)]
pub struct AttemptLog {
    is_sent: AtomicBool,
    reply: Mutex<Option<CollectorReply>>,
}

impl AttemptLog {
    /// Part of the request left this process: from now on the collector may have it.
    pub fn sent(&self) {
        self.is_sent.store(true, Relaxed);
    }

    /// The attempt ended.
    pub fn over(&self, reply: CollectorReply) {
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
    }

    pub(super) fn begin(&self) {
        self.is_sent.store(false, Relaxed);
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn is_sent(&self) -> bool {
        self.is_sent.load(Relaxed)
    }

    pub(super) fn take_reply(&self) -> Option<CollectorReply> {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
