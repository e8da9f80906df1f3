//! However large a read, it lets the other streams of its thread go on: items are applied in slices, and the future that reads
//! returns to its executor between two of them.

use async_trait::async_trait;
use futures::{FutureExt, task::noop_waker_ref};
use lambda_trace::{AwsCall, CallError, ManualClock, Timestamp};
use sse_adapters::memory::SeededRandom;
use sse_core::{
    item::{Item, Score, Sentiment, Ticker},
    ports::{Page, PageToken, Poller, Query},
    shared_reader::{ReadPlan, SharedReader},
};
use std::{pin::pin, sync::Arc, task::Context, time::Duration};

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const PAGE: usize = 1_000;
/// The most that may be applied without a return to the executor.
const SLICE: usize = 256;

/// So many items in one partition, page by page; answers at once, so that only the reader can pause.
struct Large {
    items: usize,
}

#[async_trait]
impl Poller for Large {
    fn target(&self) -> AwsCall {
        AwsCall::default()
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, CallError> {
        let begin: usize = query.after.map_or(0, |token| token.source_id.parse().expect("a number"));
        let count = if query.sentiment == Sentiment::Positive { (self.items - begin).min(PAGE) } else { 0 };
        let items = (begin..begin + count).map(item).collect();
        let end = begin + count;
        let next = (count > 0 && end < self.items)
            .then(|| PageToken { source_id: end.to_string(), updated_at: String::new() });
        Ok(Page { items, returned: count, next, ..Page::default() })
    }
}

fn item(n: usize) -> Item {
    Item {
        source_id: n.to_string().into(),
        updated_at: NOW.minus(Duration::from_millis(1 + n as u64)),
        sentiment: Sentiment::Positive,
        score: Score::new(0.5).expect("in range"),
        tickers: [Ticker::parse(&format!("T{}", n % 50)).expect("a ticker")].into(),
        expires_at: None,
    }
}

/// How often a read of so many items returns to its executor before it is over, with the items that are held then.
fn pauses(items: usize, max_items: usize) -> (usize, u64) {
    let plan = ReadPlan {
        interval: Duration::from_secs(5),
        overlap: Duration::from_secs(10),
        full_interval: Duration::from_mins(15),
        span: Duration::from_hours(24),
        max_items,
    };
    let reader = SharedReader::new(plan, Arc::new(()));
    let (clock, random, poller) = (ManualClock::new(NOW), SeededRandom::new(1), Large { items });
    let mut reading = pin!(reader.read(&clock, &random, &poller, true));
    let mut pauses = 0;
    let state = loop {
        match reading.as_mut().poll_unpin(&mut Context::from_waker(noop_waker_ref())) {
            std::task::Poll::Ready((state, _)) => break state,
            std::task::Poll::Pending => pauses += 1,
        }
    };
    (pauses, state.snapshot.expect("a whole read").totals.total())
}

#[test]
fn a_large_read_is_applied_in_slices() {
    let (few, held) = pauses(100, 200_000);
    assert_eq!(held, 100);
    let (many, held) = pauses(20_000, 200_000);
    assert_eq!(held, 20_000);
    assert!(many >= 20_000 / SLICE && few <= 1, "{many} pauses for 20,000 items, {few} for 100");
}

#[test]
fn what_is_beyond_the_bound_is_not_read_and_trimmed_in_slices() {
    let (pauses, held) = pauses(60_000, 20_000);
    assert_eq!(held, 20_000);
    assert!((20_000 / SLICE..60_000 / SLICE).contains(&pauses), "{pauses} pauses for a bound of 20,000 items");
}
