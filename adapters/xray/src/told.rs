//! Reports documents that cannot be sent to the operator: once per change, not once per document.

use std::{
    fmt::Display,
    sync::atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Relaxed, SeqCst},
    },
};

#[derive(Debug, Default)]
pub(super) struct Told {
    is_failing: AtomicBool,
    unsent: AtomicU64,
}

impl Told {
    /// A document was sent.
    pub(super) fn sent(&self) {
        // The load comes first because it is nearly always the answer.
        if self.is_failing.load(Relaxed) && self.is_failing.swap(false, SeqCst) {
            tracing::info!(unsent = self.unsent(), "subsegments reach the X-Ray daemon's address again");
        }
    }

    /// A document could not be sent; returns whether this is new.
    pub(super) fn failing(&self, address: &dyn Display, error: &dyn Display) -> bool {
        let is_new = !self.is_failing.swap(true, SeqCst);
        if is_new {
            tracing::warn!(%address, %error, "subsegments cannot be sent to the X-Ray daemon (AWS_XRAY_DAEMON_ADDRESS)");
        }
        is_new
    }

    /// This many documents are given up.
    pub(super) fn lost(&self, documents: u64) {
        self.unsent.fetch_add(documents, Relaxed);
    }

    pub(super) fn unsent(&self) -> u64 {
        self.unsent.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once() {
        let told = Told::default();
        let failing = || told.failing(&"xray-daemon:2000", &"no such name");
        assert_eq!([failing(), failing()], [true, false]);
        told.sent();
        assert!(failing());
    }
}
