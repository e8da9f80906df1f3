//! How to read, and how reading gives way to everything else.

use std::{future::poll_fn, task::Poll, time::Duration};

/// How to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadPlan {
    /// `SSE_POLL_INTERVAL_MS`
    pub interval: Duration,
    /// `SSE_READ_OVERLAP_MS`
    pub overlap: Duration,
    /// `SSE_FULL_READ_INTERVAL_MS`
    pub full_interval: Duration,
    /// The window's span.
    pub span: Duration,
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
