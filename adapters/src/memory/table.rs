//! A table of items with its index, in memory, with trouble on demand. Pages as DynamoDB does: newest first, a token
//! where a page ended, exactly one call a page.

use super::{Fault, lock};
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError, Clock, Timestamp};
use sse_core::{
    item::{Item, ItemProblem, Sentiment},
    ports::{Dates, MalformedItem, Page, PageToken, Poller, Query},
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound::{self, Excluded, Included, Unbounded},
    sync::{Arc, Mutex},
};

/// As many items as a page of 1 MB holds in the middling case.
const PAGE_ITEMS: usize = 4_000;

/// An index key: sorts as the index of the real table does within its partition.
type Key = (Sentiment, Timestamp, Arc<str>);

/// Items by `source_id`, and the index by sentiment and date.
pub struct MemoryTable {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    keys: HashMap<Arc<str>, Key>,
    /// `None`: an item that cannot be understood.
    index: BTreeMap<Key, Option<Item>>,
    faults: [Option<Fault>; 3],
    calls: [u64; 3],
    page_items: usize,
}

impl MemoryTable {
    /// An empty table; `clock` times slow answers.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State {
            keys: HashMap::new(),
            index: BTreeMap::new(),
            faults: [None; 3],
            calls: [0; 3],
            page_items: PAGE_ITEMS,
        };
        Self { clock, state: Mutex::new(state) }
    }

    /// Pages hold so many items, malformed ones included; at least 1.
    pub fn set_page_items(&self, items: usize) {
        lock(&self.state).page_items = items.max(1);
    }

    /// Writes an item; another version of it is replaced, whatever its date.
    pub fn put(&self, item: Item) {
        let key = (item.sentiment, item.updated_at, item.source_id.clone());
        lock(&self.state).replace(key, Some(item));
    }

    /// Writes an item that has its keys and no score.
    pub fn put_malformed(&self, sentiment: Sentiment, updated_at: Timestamp, source_id: &str) {
        lock(&self.state).replace((sentiment, updated_at, source_id.into()), None);
    }

    /// Writes an item whose date sorts before every other.
    pub fn put_misdated(&self, sentiment: Sentiment, source_id: &str) {
        lock(&self.state).replace((sentiment, Timestamp::default(), source_id.into()), None);
    }

    /// Deletes an item; whether there was one.
    pub fn delete(&self, source_id: &str) -> bool {
        lock(&self.state).remove(source_id)
    }

    /// Every item that can be understood, in the order of the index.
    pub fn items(&self) -> Vec<Item> {
        lock(&self.state).index.values().flatten().cloned().collect()
    }

    /// Trouble for every call to this partition, until it is set again.
    pub fn set_fault(&self, sentiment: Sentiment, fault: Option<Fault>) {
        lock(&self.state).faults[sentiment.index()] = fault;
    }

    /// Calls so far, all partitions together.
    pub fn calls(&self) -> u64 {
        lock(&self.state).calls.iter().sum()
    }

    /// Calls so far to this partition.
    pub fn calls_to(&self, sentiment: Sentiment) -> u64 {
        lock(&self.state).calls[sentiment.index()]
    }
}

impl State {
    fn replace(&mut self, key: Key, item: Option<Item>) {
        self.remove(&key.2);
        self.keys.insert(key.2.clone(), key.clone());
        self.index.insert(key, item);
    }

    fn remove(&mut self, source_id: &str) -> bool {
        let Some(key) = self.keys.remove(source_id) else {
            return false;
        };
        self.index.remove(&key);
        true
    }

    /// Where the page begins, newest first: behind the page before, or with the newest of the partition.
    fn end(query: &Query<'_>, since: Timestamp) -> Bound<Key> {
        if let Some(token) = query.after {
            let at = token.updated_at.parse().map_or(since, Timestamp::from_micros);
            let is_over = at < since;
            let source_id = if is_over { "" } else { &token.source_id };
            return Excluded((query.sentiment, at.max(since), source_id.into()));
        }
        let next = Sentiment::ALL.get(query.sentiment.index() + 1);
        next.map_or(Unbounded, |next| Excluded((*next, Timestamp::from_micros(0), "".into())))
    }

    fn page(&self, query: &Query<'_>, report: AwsCall) -> Page {
        let (since, end) = match query.dates {
            Dates::Since(since) => (since, Self::end(query, since)),
            Dates::BeforeAny => {
                let first = Timestamp::from_micros(1);
                (Timestamp::default(), Excluded((query.sentiment, first, "".into())))
            }
        };
        let since: Key = (query.sentiment, since, "".into());
        let mut page = Page { report, ..Page::default() };
        let mut last: Option<&Key> = None;
        let mut left = self.page_items;
        for (key, item) in self.index.range((Included(since), end)).rev() {
            if left == 0 {
                page.next = last.filter(|_| query.dates != Dates::BeforeAny).map(token);
                break;
            }
            left -= 1;
            last = Some(key);
            page.returned += 1;
            match item {
                Some(item) if item.updated_at <= query.latest => page.items.push(item.clone()),
                Some(_) => page.skipped.push(malformed(key, ItemProblem::UpdatedAtAhead)),
                None if query.dates == Dates::BeforeAny => page.skipped.push(malformed(key, ItemProblem::UpdatedAt)),
                None => page.skipped.push(malformed(key, ItemProblem::Score)),
            }
        }
        page
    }
}

fn malformed(key: &Key, problem: ItemProblem) -> MalformedItem {
    MalformedItem { source_id: key.2.clone(), updated_at: key.1.to_string().into(), problem }
}

/// The token's date in microseconds: a table's own text, which no caller may read.
fn token(key: &Key) -> PageToken {
    PageToken { source_id: key.2.to_string(), updated_at: key.1.micros().to_string() }
}

#[async_trait]
impl Poller for MemoryTable {
    fn target(&self) -> AwsCall {
        AwsCall {
            service: "DynamoDB",
            operation: "Query",
            region: "local".to_owned(),
            table: Some("memory".to_owned()),
            request_id: None,
            attempts: 1,
        }
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, CallError> {
        let (fault, call) = {
            let mut state = lock(&self.state);
            state.calls[query.sentiment.index()] += 1;
            (state.faults[query.sentiment.index()], state.calls.iter().sum::<u64>())
        };
        let report = AwsCall { request_id: Some(format!("memory-{call}")), ..self.target() };
        if let Some(fault) = fault
            && let Some(error) = fault.strike(&*self.clock, &report).await
        {
            return Err(error);
        }
        Ok(lock(&self.state).page(&query, report))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::read_items;
    use futures::{FutureExt, executor::block_on};
    use lambda_trace::Failure;
    use lambda_trace::ManualClock;
    use sse_core::ports::SeenItems;
    use std::time::Duration;

    struct Nothing;
    impl SeenItems for Nothing {
        fn holds(&self, _: &Item) -> bool {
            false
        }
    }

    const LATEST: Timestamp = Timestamp::from_micros(u64::MAX);
    const POSITIVE: Query<'_> = Query {
        round: 1,
        sentiment: Sentiment::Positive,
        dates: Dates::Since(Timestamp::from_millis(0)),
        latest: LATEST,
        after: None,
        known: &Nothing,
    };

    fn item(source_id: &str, at_ms: u64) -> Item {
        let line = format!(r#"{{"source_id":"{source_id}","sentiment":"positive","score":0,"matched_tickers":["A"]}}"#);
        read_items(line.as_bytes(), Timestamp::from_millis(at_ms)).unwrap().remove(0)
    }

    fn table() -> (Arc<ManualClock>, MemoryTable) {
        let clock = Arc::new(ManualClock::default());
        (clock.clone(), MemoryTable::new(clock))
    }

    #[test]
    fn a_rewritten_item_moves_and_a_deleted_one_goes() {
        let (_, table) = table();
        table.put(item("a", 1));
        table.put(Item { sentiment: Sentiment::Negative, ..item("a", 2) });
        assert_eq!(block_on(table.page(POSITIVE)).unwrap().items, []);
        assert_eq!(table.items().len(), 1);
        assert!(table.delete("a") && !table.delete("a") && table.items().is_empty());
    }

    #[test]
    fn trouble_is_for_its_partition_and_counted() {
        let (clock, table) = table();
        table.put(item("a", 1));
        table.set_fault(Sentiment::Negative, Some(Fault::Throttle));
        let negative = Query { sentiment: Sentiment::Negative, ..POSITIVE };
        assert_eq!(block_on(table.page(negative)).unwrap_err().failure, Failure::Throttled);
        assert_eq!(block_on(table.page(POSITIVE)).unwrap().items.len(), 1);

        table.set_fault(Sentiment::Positive, Some(Fault::Slow(Duration::from_secs(2))));
        let mut slow = table.page(POSITIVE);
        assert!((&mut slow).now_or_never().is_none());
        clock.advance(Duration::from_secs(2));
        assert_eq!(slow.now_or_never().unwrap().unwrap().items.len(), 1);

        table.set_fault(Sentiment::Positive, Some(Fault::Hang));
        let mut hanging = table.page(POSITIVE);
        assert!((&mut hanging).now_or_never().is_none());
        clock.advance(Duration::from_secs(3));
        let error = hanging.now_or_never().unwrap().unwrap_err();
        assert_eq!((error.failure, table.calls(), table.calls_to(Sentiment::Negative)), (Failure::TimedOut, 4, 1));
        assert_eq!(error.report.request_id.as_deref(), Some("memory-4"));
    }
}
