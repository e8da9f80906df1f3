//! The settings of reading, and how reading gives way to other work.

use std::{future::poll_fn, task::Poll, time::Duration};

/// The settings of reading.
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
    /// The window's maximum number of items.
    pub max_items: usize,
}

/// Lets the other work of this thread go on: parsing and applying many items must not delay events.
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
