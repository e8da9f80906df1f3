//! `Poller`: newest first, all of it, one call a page, nothing believed.

use async_trait::async_trait;
use lambda_trace::{AwsCall, Timestamp};
use sse_core::{
    item::{Item, ItemProblem, Score, Sentiment, Ticker},
    ports::{Dates, MalformedItem, Page, Poller, Query, SeenItems},
};
use std::time::Duration;

/// A table that the suite may fill. It is empty at first, and what is written is visible at once.
#[async_trait]
pub trait PollerUnderTest: Sync {
    /// The adapter.
    fn poller(&self) -> &dyn Poller;
    /// Writes items, replacing older versions.
    async fn put(&self, items: &[Item]);
    /// Writes an item that has no score.
    async fn put_malformed(&self, sentiment: Sentiment, updated_at: Timestamp, source_id: &str);
    /// Writes an item whose date is a text that sorts before every date.
    async fn put_misdated(&self, sentiment: Sentiment, source_id: &str);
    /// Deletes an item.
    async fn delete(&self, source_id: &str);
    /// How many items, of 30 kB each, are more than a page holds.
    fn more_than_a_page(&self) -> u32;
}

struct Nothing;
impl SeenItems for Nothing {
    fn holds(&self, _: &Item) -> bool {
        false
    }
}

/// More than any check here writes.
const ITEMS_MAX: usize = 1_000;
const START: Timestamp = Timestamp::from_millis(1_795_000_000_000);
/// Nothing dated later is an item.
const LATEST: Timestamp = START.plus(Duration::from_mins(10));

/// The whole suite.
///
/// # Panics
/// The adapter breaks the contract.
pub async fn check_poller(table: &dyn PollerUnderTest) {
    an_empty_partition_is_an_empty_page(table).await;
    items_come_as_they_were_written(table).await;
    the_bound_is_inclusive(table).await;
    a_rewritten_item_is_one_item(table).await;
    a_malformed_item_is_set_aside(table).await;
    an_item_that_no_date_finds_is_found(table).await;
    pages_add_up(table).await;
}

async fn an_empty_partition_is_an_empty_page(table: &dyn PollerUnderTest) {
    for sentiment in Sentiment::ALL {
        let page = page(table, query(sentiment, START)).await;
        assert_eq!((page.items, page.skipped, page.next), (vec![], vec![], None), "{sentiment:?}");
    }
}

async fn items_come_as_they_were_written(table: &dyn PollerUnderTest) {
    let items: Vec<_> = Sentiment::ALL
        .into_iter()
        .enumerate()
        .map(|(n, sentiment)| Item {
            sentiment,
            score: Score::new([-1.0, 0.123_456_789, 1.0][n]).unwrap_or_default(),
            expires_at: [None, Some(Timestamp::from_millis(1_900_000_000_000)), None][n],
            tickers: ["BRK.B", "ÄÖ", "X"][..n].iter().filter_map(|t| Ticker::parse(t)).collect(),
            ..item(&format!("same-{n}"), 0)
        })
        .collect();
    table.put(&items).await;
    for item in &items {
        let page = page(table, query(item.sentiment, START)).await;
        assert_eq!(page.items, std::slice::from_ref(item));
        check_report(&page.report, &table.poller().target());
    }
    clear(table, &items).await;
}

fn check_report(report: &AwsCall, target: &AwsCall) {
    let known_before = AwsCall { request_id: None, attempts: target.attempts, ..report.clone() };
    assert_eq!(&known_before, target, "a report is its target, answered");
    assert_eq!((report.service, report.operation), ("DynamoDB", "Query"));
    assert!(report.request_id.is_some() && report.table.is_some() && report.attempts >= 1, "{report:?}");
}

async fn the_bound_is_inclusive(table: &dyn PollerUnderTest) {
    let items: Vec<_> = (0..5).map(|n| item(&format!("bound-{n}"), n)).collect();
    table.put(&items).await;
    let read = ids(&all(table, START.plus(Duration::from_millis(2))).await.0);
    assert_eq!(read, ["bound-4", "bound-3", "bound-2"]);
    clear(table, &items).await;
}

async fn a_rewritten_item_is_one_item(table: &dyn PollerUnderTest) {
    let first = item("again", 10);
    let later = Item { updated_at: START.plus(Duration::from_millis(20)), ..first.clone() };
    let elsewhere = Item { sentiment: Sentiment::Negative, ..later.clone() };
    table.put(std::slice::from_ref(&first)).await;
    table.put(std::slice::from_ref(&later)).await;
    assert_eq!(all(table, START).await.0, [later]);
    table.put(std::slice::from_ref(&elsewhere)).await;
    assert_eq!(all(table, START).await.0, []);
    assert_eq!(page(table, query(Sentiment::Negative, START)).await.items, [elsewhere]);
    table.delete("again").await;
    assert_eq!(page(table, query(Sentiment::Negative, START)).await.items, []);
}

async fn a_malformed_item_is_set_aside(table: &dyn PollerUnderTest) {
    let good = item("good", 1);
    let ahead = Item { updated_at: LATEST.plus(Duration::from_millis(1)), ..item("ahead", 0) };
    table.put(&[good.clone(), ahead.clone()]).await;
    table.put_malformed(Sentiment::Positive, START.plus(Duration::from_millis(2)), "bad").await;
    let (items, skipped) = all(table, START).await;
    let expected = |source_id: &str, updated_at: Timestamp, problem| MalformedItem {
        source_id: source_id.into(),
        updated_at: updated_at.to_string().into(),
        problem,
    };
    let ahead = expected("ahead", ahead.updated_at, ItemProblem::UpdatedAtAhead);
    let bad = expected("bad", START.plus(Duration::from_millis(2)), ItemProblem::Score);
    assert_eq!((items, skipped), (vec![good.clone()], vec![ahead, bad]));
    let first = page(table, query(Sentiment::Positive, START)).await;
    assert_eq!(first.returned, first.items.len() + first.skipped.len());
    clear(table, &[good, item("bad", 0), item("ahead", 0)]).await;
}

async fn an_item_that_no_date_finds_is_found(table: &dyn PollerUnderTest) {
    let good = item("good", 1);
    table.put(std::slice::from_ref(&good)).await;
    table.put_misdated(Sentiment::Positive, "misdated").await;
    assert_eq!(all(table, START).await, (vec![good.clone()], vec![]));
    for (sentiment, found) in [(Sentiment::Positive, 1), (Sentiment::Negative, 0)] {
        let page = page(table, Query { dates: Dates::BeforeAny, ..query(sentiment, START) }).await;
        assert_eq!((page.items, page.skipped.len(), page.returned, page.next), (vec![], found, found, None));
        let is_told =
            |skipped: &MalformedItem| (&*skipped.source_id, skipped.problem) == ("misdated", ItemProblem::UpdatedAt);
        assert!(page.skipped.iter().all(is_told), "{:?}", page.skipped);
    }
    clear(table, &[good, item("misdated", 0)]).await;
}

async fn pages_add_up(table: &dyn PollerUnderTest) {
    let count = table.more_than_a_page();
    // Three items a millisecond: pages also end between items of one moment.
    let items: Vec<_> = (0..count).map(|n| Item { tickers: wide(), ..item(&format!("page-{n:04}"), n / 3) }).collect();
    table.put(&items).await;
    let first = page(table, query(Sentiment::Positive, START)).await;
    assert!(first.next.is_some(), "{count} items are on one page");
    let (read, _) = all(table, START).await;
    assert!(read.is_sorted_by(|a, b| a.updated_at >= b.updated_at), "newest first, over all pages");
    let mut read = ids(&read);
    read.sort();
    assert_eq!(read, ids(&items), "every item once");
    clear(table, &items).await;
}

/// All pages of the positive partition.
async fn all(table: &dyn PollerUnderTest, since: Timestamp) -> (Vec<Item>, Vec<MalformedItem>) {
    let (mut items, mut skipped, mut next) = (vec![], vec![], None);
    loop {
        let page = page(table, Query { after: next.as_ref(), ..query(Sentiment::Positive, since) }).await;
        items.extend(page.items);
        skipped.extend(page.skipped);
        next = page.next;
        if next.is_none() {
            return (items, skipped);
        }
        assert!(items.len() + skipped.len() <= ITEMS_MAX, "the pages never end");
    }
}

async fn page(table: &dyn PollerUnderTest, query: Query<'_>) -> Page {
    match table.poller().page(query).await {
        Ok(page) => page,
        Err(error) => panic!("{error}: {}", error.detail),
    }
}

async fn clear(table: &dyn PollerUnderTest, items: &[Item]) {
    for item in items {
        table.delete(&item.source_id).await;
    }
}

const fn query(sentiment: Sentiment, since: Timestamp) -> Query<'static> {
    Query { round: 1, sentiment, dates: Dates::Since(since), latest: LATEST, after: None, known: &Nothing }
}

fn item(source_id: &str, ms: u32) -> Item {
    Item {
        source_id: source_id.into(),
        updated_at: START.plus(Duration::from_millis(ms.into())),
        sentiment: Sentiment::Positive,
        score: Score::default(),
        tickers: Box::default(),
        expires_at: None,
    }
}

/// About 30 kB of tickers.
fn wide() -> Box<[Ticker]> {
    (0..500).filter_map(|n| Ticker::parse(&format!("{n:060}"))).collect()
}

fn ids(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item.source_id.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryTable;
    use lambda_trace::ManualClock;
    use std::sync::Arc;

    struct InMemory(MemoryTable);

    #[async_trait]
    impl PollerUnderTest for InMemory {
        fn poller(&self) -> &dyn Poller {
            &self.0
        }
        async fn put(&self, items: &[Item]) {
            for item in items {
                self.0.put(item.clone());
            }
        }
        async fn put_malformed(&self, sentiment: Sentiment, updated_at: Timestamp, source_id: &str) {
            self.0.put_malformed(sentiment, updated_at, source_id);
        }
        async fn put_misdated(&self, sentiment: Sentiment, source_id: &str) {
            self.0.put_misdated(sentiment, source_id);
        }
        async fn delete(&self, source_id: &str) {
            self.0.delete(source_id);
        }
        fn more_than_a_page(&self) -> u32 {
            17
        }
    }

    #[tokio::test]
    async fn the_table_in_memory() {
        for page_items in [1, 2, 5, 16] {
            let table = MemoryTable::new(Arc::new(ManualClock::default()));
            table.set_page_items(page_items);
            check_poller(&InMemory(table)).await;
        }
    }
}
