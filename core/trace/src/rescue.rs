//! The end of an invocation whose session panicked, or was dropped.

use crate::{FlushOutcome, ReadyForNext, context::InvocationContext, flush, recording::Recording};
use std::{sync::Arc, time::Duration};

/// Ends an invocation whose session panicked: its guard has closed the spans, and this flushes them.
pub struct Rescue {
    pub(super) context: Arc<InvocationContext>,
    pub(super) recording: Option<Recording>,
}

impl Rescue {
    /// Flushes what the guard recorded, and writes the ledger line.
    pub async fn settle(self) -> ReadyForNext {
        flush::begin(&self.context, self.recording.as_ref()).settle().await
    }
}

impl Drop for Rescue {
    fn drop(&mut self) {
        if let Some(recording) = &self.recording {
            recording.close(Duration::ZERO, FlushOutcome::Timeout);
        }
    }
}
