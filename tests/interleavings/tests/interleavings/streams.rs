//! Whole streams, each on a thread of its own, while time goes on at whatever moment: slots, shared reading, outboxes and spans together.
//! Rule: Many streams.

use crate::{
    chance,
    collector::{Telemetered, of_otlp},
    many,
};
use futures::{StreamExt, future::join};
use lambda_trace::{
    EndReason, Invocation, InvocationStart, ManualClock, Shutdown, Timestamp, TraceConfig, TraceContext,
};
use lambda_trace_otlp::{XrayIds, testing::header};
use shuttle::{future::block_on, thread};
use sse_adapters::{
    memory::{MemoryTable, NoMetrics, SeededRandom},
    pool::SlotPool,
};
use sse_core::{
    identity::{ConnectionId, StreamIdentity},
    metrics_aggregator::MetricsAggregator,
    outbox::Reader,
    plan::{Limits, Plan, View},
    ports::{ConnectionPool, Untraced},
    shared_reader::{ReadPlan, SharedReader},
    stream::{StreamPorts, open},
    traced::{acquire, into_streaming},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

const LIMITS: Limits = Limits {
    stream_max: Some(Duration::from_millis(1_500)),
    deadline_margin: Duration::from_secs(1),
    heartbeat: Duration::from_millis(600),
    retry: Duration::from_secs(1),
};
const PLAN: ReadPlan = ReadPlan {
    interval: Duration::from_millis(500),
    overlap: Duration::from_secs(1),
    full_interval: Duration::from_mins(1),
    span: Duration::from_hours(24),
    max_items: 1_000,
};
const STREAMS: u64 = 3;
/// One of them may find none.
const SLOTS: usize = 2;

/// Each slot that was taken is given back once.
struct CountedSlots {
    slots: SlotPool,
    taken: AtomicUsize,
    given_back: AtomicUsize,
}

impl ConnectionPool for CountedSlots {
    fn acquire(&self) -> Option<usize> {
        let taken = self.slots.acquire()?;
        self.taken.fetch_add(1, SeqCst);
        Some(taken)
    }

    fn release(&self) -> usize {
        self.given_back.fetch_add(1, SeqCst);
        self.slots.release()
    }

    fn count(&self) -> usize {
        self.slots.count()
    }

    fn max(&self) -> usize {
        self.slots.max()
    }
}

struct Process {
    clock: Arc<ManualClock>,
    slots: Arc<CountedSlots>,
    ports: StreamPorts,
    tracing: TraceConfig,
    telemetered: Telemetered,
}

impl Process {
    fn new() -> Self {
        let clock = lambda_trace_otlp::testing::clock();
        let counts = AtomicUsize::default;
        let slots = Arc::new(CountedSlots { slots: SlotPool::new(SLOTS), taken: counts(), given_back: counts() });
        let telemetered = Telemetered::new(&clock, &[]);
        let started_at = Timestamp::from_millis(lambda_trace_otlp::testing::START_MS);
        let shutdown = Shutdown::default();
        let ports = StreamPorts {
            poller: Untraced::new(Arc::new(MemoryTable::new(clock.clone()))),
            pool: Untraced::new(slots.clone()),
            metrics: Untraced::new(Arc::new(NoMetrics)),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
            shared_reader: Arc::new(SharedReader::new(PLAN, Arc::new(()))),
            aggregator: Arc::new(MetricsAggregator::new(Arc::new(()))),
            operator_log: Arc::new(()),
            shutdown: shutdown.clone(),
            started_at,
        };
        let tracing = TraceConfig::new(clock.clone(), Arc::new(XrayIds), telemetered.sink.clone(), "tests");
        Self { clock, slots, ports, tracing: TraceConfig { shutdown, ..tracing }, telemetered }
    }

    /// From the invocation to its `next`: its trace, and how many spans it made.
    async fn serve(&self, n: u64) -> (String, u64) {
        let now = lambda_trace::Clock::now(&*self.clock);
        let deadline = now.plus(Duration::from_secs(10));
        let plan = Plan::new(LIMITS, now, deadline, &*self.ports.random, View::ALL, None);
        let context = TraceContext::parse(Some(&header(n)));
        let start =
            InvocationStart { context, request_id: format!("request-{n}").into(), deadline, is_cold_start: false };
        let identity = StreamIdentity::new(ConnectionId::from_random(n));
        let (invocation, record) =
            into_streaming(Invocation::begin(start, self.tracing.clone()), identity, plan.end_at);
        let trace = of_otlp(invocation.trace().unwrap());
        let ready = match acquire(&invocation, &record, &self.ports.pool) {
            Some(permit) => {
                let (session, reader) = open(invocation, record, permit, self.ports.clone(), plan).split();
                let ((ready, _), ()) = join(session, read(reader, chance(4) == 0)).await;
                ready
            }
            None => invocation.finish(EndReason::Rejected).await.settle().await,
        };
        (trace, ready.ledger().unwrap().created)
    }
}

/// A client that stays to the end; or one that leaves after its first write.
async fn read(mut reader: Reader, leaves: bool) {
    while let Some(bytes) = reader.next().await {
        bytes.expect("no stream fails");
        if leaves {
            return;
        }
    }
}

#[test]
fn streams_that_live_at_once_end_well_with_all_their_spans() {
    many(300, || {
        let process = Arc::new(Process::new());
        let are_over = Arc::<AtomicBool>::default();
        let time = {
            let (process, are_over) = (process.clone(), are_over.clone());
            thread::spawn(move || {
                while !are_over.load(SeqCst) {
                    if let Some(at) = process.clock.next_wake() {
                        process.clock.set(at);
                    }
                    thread::yield_now();
                }
            })
        };
        let streams: Vec<_> = (1..=STREAMS)
            .map(|n| {
                let process = process.clone();
                thread::spawn(move || block_on(process.serve(n)))
            })
            .collect();
        let stops = chance(3) == 0;
        if stops {
            (0..chance(50)).for_each(|_| thread::yield_now());
            process.ports.shutdown.ask();
        }
        let made: BTreeMap<_, _> = streams.into_iter().map(|stream| stream.join().unwrap()).collect();
        are_over.store(true, SeqCst);
        time.join().unwrap();
        let CountedSlots { slots, taken, given_back } = &*process.slots;
        assert_eq!((slots.count(), taken.load(SeqCst)), (0, given_back.load(SeqCst)));
        block_on(process.telemetered.sink.shutdown());
        process.telemetered.is_complete(&made);
    });
}
