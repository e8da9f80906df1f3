//! Reading items: one Query call at a time.

use crate::item::{Item, ItemProblem, Sentiment};
use async_trait::async_trait;
use lambda_trace::Timestamp;
use lambda_trace::{AwsCall, CallError};
use std::sync::Arc;

/// Which dates a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// Items with `updated_at` at this moment or later.
    Since(Timestamp),
    /// Texts that the index sorts before every date there can be, such as a number of seconds. No other call returns their items, which
    /// would be missing without a word.
    BeforeAny,
}

/// What one call asks for.
#[derive(Clone, Copy)]
pub struct Query<'q> {
    /// The number of the round of reading that the call belongs to. A trace shows a round as a whole or not at all, because a part of
    /// it reads like a partition that was never asked; an adapter ignores it.
    pub round: u64,
    /// The partition.
    pub sentiment: Sentiment,
    /// The dates.
    pub dates: Dates,
    /// Items dated later are skipped as [`ItemProblem::UpdatedAtAhead`].
    pub latest: Timestamp,
    /// Goes on behind the page that ended here.
    pub after: Option<&'q PageToken>,
    /// Tells what the caller already holds; for `changed_count` only, an adapter ignores it.
    pub known: &'q dyn SeenItems,
}

/// Whether an item, in this very version, is held already.
pub trait SeenItems: Send + Sync {
    /// `true` if reading `item` changes nothing.
    fn holds(&self, item: &Item) -> bool;
}

/// The key of the last item of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// Its `source_id`.
    pub source_id: String,
    /// Its `updated_at`, in the very text of the table.
    pub updated_at: String,
}

/// An item that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MalformedItem {
    /// Its key, as far as it could be read.
    pub source_id: Arc<str>,
    /// Its date, as far as it could be read.
    pub updated_at: Arc<str>,
    /// The first rule that it breaks.
    pub problem: ItemProblem,
}

/// One page of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// In descending order of `updated_at`.
    pub items: Vec<Item>,
    /// Malformed items: never fatal, never silent.
    pub skipped: Vec<MalformedItem>,
    /// How many items the table returned, those included that are neither in `items` nor in `skipped` because they are older
    /// than the query asked for.
    pub returned: usize,
    /// Where the next page begins; `None` at the end.
    pub next: Option<PageToken>,
    /// The call behind this page.
    pub report: AwsCall,
}

/// Reads the index of items by partition and date.
///
/// An adapter MUST
/// - make exactly one AWS call per method call (paging belongs to the caller),
/// - give newest first, and every item since the moment asked for over all pages,
/// - put the items of [`Dates::BeforeAny`] into `skipped`, as [`ItemProblem::UpdatedAt`]: one page of them, which may be a part,
/// - give up after 3 s, retries included,
/// - put what it cannot understand, and what is dated after `query.latest`, into `skipped`, and fail only where there is no page.
#[async_trait]
pub trait Poller: Send + Sync {
    /// The call that [`Self::page`] makes, as far as it is known before.
    fn target(&self) -> AwsCall;

    /// One page.
    ///
    /// # Errors
    /// No page could be had.
    async fn page(&self, query: Query<'_>) -> Result<Page, CallError>;
}
