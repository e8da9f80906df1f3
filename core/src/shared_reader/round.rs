//! One round of reading: every partition from its mark on, or the whole window.

use crate::{
    item::{Item, Sentiment, latest_date},
    ports::{MalformedItem, Poller, Query, SeenItems},
};
use futures::future::join_all;
use lambda_trace::{CallError, Timestamp};

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

/// How far a partition was read. Advances only when all its pages were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watermark {
    /// The newest date seen.
    pub(super) newest: Timestamp,
    /// When its whole window was last read; `None`: never.
    pub(super) whole_at: Option<Timestamp>,
}

/// What one partition gave.
#[derive(Debug, Default)]
pub(super) struct PartitionRead {
    pub(super) items: Vec<Item>,
    pub(super) skipped: Vec<MalformedItem>,
    pub(super) is_whole: bool,
    pub(super) bounded: bool,
}

/// All partitions at once, each by itself: one that fails costs the others nothing.
pub(super) async fn read(
    plan: ReadPlan,
    marks: [Watermark; 3],
    now: Timestamp,
    poller: &dyn Poller,
    known: &dyn SeenItems,
) -> Vec<(Sentiment, Result<PartitionRead, CallError>)> {
    // Boxed one by one: with a borrowing closure the whole would not be `Send` (rustc cannot name the lifetime).
    let mut reads: Vec<futures::future::BoxFuture<'_, _>> = Vec::with_capacity(Sentiment::ALL.len());
    for sentiment in Sentiment::ALL {
        let mark = marks[sentiment.index()];
        reads.push(Box::pin(async move { (sentiment, partition(plan, mark, sentiment, now, poller, known).await) }));
    }
    join_all(reads).await
}

async fn partition(
    plan: ReadPlan,
    mark: Watermark,
    sentiment: Sentiment,
    now: Timestamp,
    poller: &dyn Poller,
    known: &dyn SeenItems,
) -> Result<PartitionRead, CallError> {
    let edge = now.minus_ms(plan.span_ms);
    let is_whole = mark.whole_at.is_none_or(|at| now.ms_since(at) >= plan.full_interval_ms);
    // A date ahead must not move the mark beyond the present: later items, dated right, would be missed.
    let recent = mark.newest.min(now).minus_ms(plan.overlap_ms).max(edge);
    let since = if is_whole { edge } else { recent };
    let mut read = PartitionRead { is_whole, ..PartitionRead::default() };
    let pages = all_pages(plan, sentiment, since, now, poller, known, &mut read).await?;
    if is_whole && pages > 1 {
        // While pages were read newest first, items may have moved from behind to ahead of us.
        let since = now.minus_ms(plan.overlap_ms).max(edge);
        all_pages(plan, sentiment, since, now, poller, known, &mut read).await?;
    }
    Ok(read)
}

/// How many pages there were.
async fn all_pages(
    plan: ReadPlan,
    sentiment: Sentiment,
    since: Timestamp,
    now: Timestamp,
    poller: &dyn Poller,
    known: &dyn SeenItems,
    read: &mut PartitionRead,
) -> Result<usize, CallError> {
    let mut after = None;
    let mut pages = 0;
    loop {
        let page =
            poller.page(Query { sentiment, since, latest: latest_date(now), after: after.as_ref(), known }).await?;
        pages += 1;
        read.skipped.extend(page.skipped);
        for item in page.items {
            if item.is_live(now) || !read.is_whole {
                // A read of the whole window replaces what is held, so that an expired item need not be named in it; a table
                // whose items all expire may hold many.
                read.items.push(item);
            }
        }
        after = page.next;
        let full = read.items.len() >= plan.max_items;
        if after.is_none() || full {
            read.bounded |= after.is_some();
            return Ok(pages);
        }
    }
}
