//! Reading items, one Query call at a time.

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

/// The parameters of one call.
#[derive(Clone, Copy)]
pub struct Query<'q> {
    /// The number of the round of reading that the call belongs to; an adapter ignores it. A trace shows a round as a
    /// whole or not at all, because a part of a round would look as if a partition had not been queried.
    pub round: u64,
    /// The partition.
    pub sentiment: Sentiment,
    /// The dates.
    pub dates: Dates,
    /// Items with later dates are skipped as [`ItemProblem::UpdatedAtAhead`].
    pub latest: Timestamp,
    /// Continues after the page that ended here.
    pub after: Option<&'q PageToken>,
    /// Tells which items the caller holds already; only for `changed_count`, an adapter ignores it.
    pub known: &'q dyn SeenItems,
}

/// Whether an item is held already, in this version.
pub trait SeenItems: Send + Sync {
    /// `true` if reading `item` changes nothing.
    fn holds(&self, item: &Item) -> bool;
}

/// The key of the last item of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// The `source_id`.
    pub source_id: String,
    /// The `updated_at`, exactly as in the table.
    pub updated_at: String,
}

/// An item that cannot be used, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MalformedItem {
    /// The key, as far as it could be read.
    pub source_id: Arc<str>,
    /// The date, as far as it could be read.
    pub updated_at: Arc<str>,
    /// The first rule that it breaks.
    pub problem: ItemProblem,
}

/// One page of results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The items, in descending order of `updated_at`.
    pub items: Vec<Item>,
    /// Malformed items, which are neither fatal nor silent.
    pub skipped: Vec<MalformedItem>,
    /// The number of items that the table returned, including those that are neither in `items` nor in `skipped`
    /// because they are older than the query asked for.
    pub returned: usize,
    /// Where the next page begins; `None` at the end.
    pub next: Option<PageToken>,
    /// The call that returned this page.
    pub report: AwsCall,
}

/// Reads the index of items by partition and date.
///
/// An adapter MUST
/// - make exactly one AWS call per method call (paging belongs to the caller),
/// - return the newest items first, and every item with `updated_at >= query.since` over all pages,
/// - put the items of [`Dates::BeforeAny`] into `skipped`, as [`ItemProblem::UpdatedAt`]: one page of them, which may be a part,
/// - give up after 3 s, retries included,
/// - put what it cannot parse, and what is dated after `query.latest`, into `skipped`, and fail only if there is no
///   page.
#[async_trait]
pub trait Poller: Send + Sync {
    /// The call that [`Self::page`] makes, as far as it is known in advance.
    fn target(&self) -> AwsCall;

    /// Reads one page.
    ///
    /// # Errors
    /// No page could be read.
    async fn page(&self, query: Query<'_>) -> Result<Page, CallError>;
}
