//! Shared reading: one stream reads for all, whoever comes, goes or waits at whatever moment.
//! Rule: Shared reading.

use crate::{a_while, chance, many};
use async_trait::async_trait;
use futures::{
    FutureExt,
    future::{Fuse, FusedFuture, select},
    select_biased,
};
use lambda_trace::{AwsCall, CallError, Clock, ManualClock, Timestamp};
use shuttle::{future::block_on, thread};
use sse_adapters::memory::{MemoryTable, SeededRandom};
use sse_core::{
    item::{Item, Score, Sentiment, Ticker},
    ports::{Page, Poller, Query},
    shared_reader::{Call, ReadPlan, ReadState, Role, SharedReader},
};
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

const INTERVAL: Duration = Duration::from_secs(1);
const PLAN: ReadPlan = ReadPlan {
    interval: INTERVAL,
    overlap: Duration::from_mins(1),
    full_interval: Duration::from_mins(10),
    span: Duration::from_hours(24),
    max_items: 1_000,
};

/// A table that answers after a while, and knows of rounds that overlap.
struct SlowTable {
    table: MemoryTable,
    under_way: AtomicU64,
}

/// Counts a call for as long as it lasts, also one that is dropped.
struct UnderWay<'t>(&'t SlowTable);

impl<'t> UnderWay<'t> {
    fn begin(table: &'t SlowTable) -> Self {
        let before = table.under_way.fetch_add(1, SeqCst);
        assert!(before < 3, "a second round beside the first");
        Self(table)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, SeqCst);
    }
}

#[async_trait]
impl Poller for SlowTable {
    fn target(&self) -> AwsCall {
        self.table.target()
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, CallError> {
        let _under_way = UnderWay::begin(self);
        a_while(3).await;
        let page = self.table.page(query).await;
        a_while(3).await;
        page
    }
}

/// What the streams of a process share.
struct Process {
    clock: Arc<ManualClock>,
    table: SlowTable,
    random: SeededRandom,
    reader: SharedReader,
}

impl Process {
    fn new() -> Arc<Self> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_795_000_000_000)));
        let table = SlowTable { table: MemoryTable::new(clock.clone()), under_way: AtomicU64::default() };
        let process =
            Self { clock, table, random: SeededRandom::new(1), reader: SharedReader::new(PLAN, Arc::new(())) };
        process.put("a", "AAPL");
        Arc::new(process)
    }

    fn put(&self, id: &str, ticker: &str) {
        self.table.table.put(Item {
            source_id: id.into(),
            updated_at: self.clock.now(),
            sentiment: Sentiment::ALL[0],
            score: Score::new(0.5).unwrap(),
            tickers: Box::new([Ticker::parse(ticker).unwrap()]),
            expires_at: None,
        });
    }

    async fn read(&self) -> (ReadState, Role) {
        self.reader.read(&*self.clock, &self.random, &self.table, true).await
    }
}

fn holds(state: &ReadState, ticker: &str) -> bool {
    let ticker = Ticker::parse(ticker).unwrap();
    state.snapshot.as_ref().is_some_and(|snapshot| snapshot.tickers.get(&ticker).is_some())
}

/// One thread for each of these.
fn at_once<const N: usize, T: Send + 'static>(streams: [Box<dyn FnOnce() -> T + Send>; N]) -> [T; N] {
    streams.map(thread::spawn).map(|stream| stream.join().unwrap())
}

#[test]
fn of_streams_that_begin_together_one_reads() {
    many(1_000, || {
        let process = Process::new();
        let streams = [(); 3].map(|()| {
            let process = process.clone();
            Box::new(move || block_on(process.read())) as Box<dyn FnOnce() -> _ + Send>
        });
        let read = at_once(streams);
        assert!(read.iter().all(|(state, _)| holds(state, "AAPL") && state.round == 1));
        assert_eq!(read.iter().filter(|(_, role)| *role == Role::Led).count(), 1);
        assert_eq!(process.table.table.calls(), 3);
    });
}

/// It leaves at any moment: while it reads, with pages read or half applied, or before it began.
#[test]
fn whoever_leaves_while_it_reads_for_all_is_replaced() {
    many(2_000, || {
        let process = Process::new();
        let leaving = process.clone();
        let leaving = thread::spawn(move || {
            block_on(async {
                select(pin!(leaving.read()), pin!(a_while(20))).await;
            });
        });
        let streams = [(); 2].map(|()| {
            let process = process.clone();
            Box::new(move || block_on(process.read()).0) as Box<dyn FnOnce() -> _ + Send>
        });
        assert!(at_once(streams).iter().all(|state| holds(state, "AAPL")));
        leaving.join().unwrap();
    });
}

/// Waits as a session does: for news, and for its turn to read.
async fn until_it_holds(process: &Process, ticker: &str) {
    let Process { clock, table, random, reader } = process;
    let watcher = reader.watch();
    let (mut state, _) = process.read().await;
    let mut round = Fuse::terminated();
    while !holds(&state, ticker) {
        let mut call = watcher.call(state.version, !round.is_terminated()).fuse();
        select_biased! {
            (read, _) = round => state = read,
            call = call => match call {
                Call::News(news) => state = news,
                Call::Duty => round = Box::pin(watcher.round(&**clock, random, table)).fuse(),
            },
        }
    }
}

/// Time goes on once, by one poll interval: the one round that follows has to reach everybody, though some are not on duty, some
/// leave as soon as they have it, and one leaves at any moment, perhaps while it is on duty.
#[test]
fn news_reach_everybody_whoever_was_on_duty() {
    many(2_000, || {
        let process = Process::new();
        block_on(process.read());
        let leaving = process.clone();
        let leaving = thread::spawn(move || {
            block_on(async {
                select(pin!(until_it_holds(&leaving, "MSFT")), pin!(a_while(8))).await;
            });
        });
        let streams = (0..=chance(2)).map(|_| {
            let process = process.clone();
            thread::spawn(move || block_on(until_it_holds(&process, "MSFT")))
        });
        let streams: Vec<_> = streams.collect();
        // One half of the runs goes on only when it has left.
        let leaving = if chance(2) == 0 { leaving.join().map(|()| None).unwrap() } else { Some(leaving) };
        block_on(a_while(20));
        process.put("b", "MSFT");
        process.clock.advance(INTERVAL);
        for thread in streams.into_iter().chain(leaving) {
            thread.join().unwrap();
        }
    });
}
