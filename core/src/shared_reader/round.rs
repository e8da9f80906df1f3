//! How to read, and how reading gives way to everything else.

use std::{future::poll_fn, task::Poll};

/// How to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadPlan {
    /// `SSE_POLL_INTERVAL_MS`
    pub interval_ms: u64,
    /// `SSE_READ_OVERLAP_MS`
    pub overlap_ms: u64,
    /// `SSE_FULL_READ_INTERVAL_MS`
    pub full_interval_ms: u64,
    /// The window's span, in milliseconds.
    pub span_ms: u64,
    /// The window's bound.
    pub max_items: usize,
}

/// Lets everything else of this thread go on for a moment: parsing and applying many items must hold up no event.
pub(super) async fn give_way() {
    let mut has_waited = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
