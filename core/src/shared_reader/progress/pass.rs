//! One pass over a partition.

use crate::ports::{Page, PageToken};
use lambda_trace::Timestamp;

/// One pass over a partition, from the newest item on, page by page.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub(super) since: Timestamp,
    pub(super) after: Option<PageToken>,
    pub(super) is_done: bool,
    pub(super) pages: usize,
    pub(super) items: usize,
    pub(super) newest: Timestamp,
    /// The oldest date of the last page.
    pub(super) oldest: Option<Timestamp>,
    pub(super) began_in: u64,
}

impl Pass {
    pub(super) fn new(since: Timestamp, round: u64) -> Self {
        Self { since, began_in: round, ..Self::default() }
    }

    pub(super) fn take(&mut self, page: &mut Page) {
        self.pages += 1;
        self.items += page.items.len();
        self.newest = page.items.iter().map(|item| item.updated_at).max().unwrap_or_default().max(self.newest);
        self.oldest = page.items.iter().map(|item| item.updated_at).min().or(self.oldest);
        self.after = page.next.take();
        self.is_done = self.after.is_none();
    }
}
