//! Environments, streams and a table on one manual clock. Each environment has an executor of its own, so that one can be
//! frozen while the others run.

use crate::{client::Client, operator_log::MemoryOperatorLog, spy::SpyTelemetry};
use futures::{
    FutureExt, StreamExt,
    executor::{LocalPool, LocalSpawner},
    future::{AbortHandle, abortable},
    task::LocalSpawnExt,
};
use lambda_trace::{
    Clock, EndReason, Invocation, InvocationStart, ManualClock, ReadyForNext, Shutdown, Streaming, Timestamp,
    TraceConfig, TraceContext,
};
use sse_adapters::{
    memory::{MemoryMetrics, MemoryTable, SeededRandom},
    pool::SlotPool,
};
use sse_core::{
    digest::Digest,
    identity::{ConnectionId, StreamIdentity},
    item::{Item, Score, Sentiment, Ticker},
    metrics_aggregator::MetricsAggregator,
    outbox::{Aborted, Reader},
    plan::{Limits, Plan, View},
    ports::{Poller, Untraced},
    shared_reader::{ReadPlan, SharedReader},
    stream::{StreamPorts, Summary, open},
    traced::{StreamRecord, acquire, into_streaming},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

/// The manual clock starts here.
pub const START: &str = "2026-11-22T08:00:00.000Z";

/// What a world is made of; times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How to read.
    pub read: ReadPlan,
    /// How to stream.
    pub limits: Limits,
    /// Slots per environment.
    pub slots: usize,
    /// From invocation to deadline.
    pub life_ms: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            read: ReadPlan {
                interval: Duration::from_millis(100),
                overlap: Duration::from_secs(1),
                full_interval: Duration::from_mins(1),
                span: Duration::from_hours(24),
                max_items: 10_000,
            },
            limits: Limits {
                stream_max: None,
                deadline_margin: Duration::from_secs(1),
                heartbeat: Duration::from_millis(500),
                retry: Duration::from_secs(3),
            },
            slots: 100,
            life_ms: 10_000,
        }
    }
}

/// One execution environment.
pub struct Environment {
    /// What its streams work with.
    pub ports: StreamPorts,
    /// Its spans.
    pub telemetry: SpyTelemetry,
    /// Its metrics.
    pub metrics: Arc<MemoryMetrics>,
    /// What its operator was told.
    pub operator_log: Arc<MemoryOperatorLog>,
    setup: Setup,
    pool: LocalPool,
    opened: Cell<u64>,
    /// While set, nothing of it runs.
    pub frozen: bool,
}

/// What came over the wire, write by write.
pub type Writes = Rc<RefCell<Vec<Result<Vec<u8>, Aborted>>>>;

/// A stream as its client sees it, and what became of it.
pub struct Connection {
    /// Each write as it came, or how it broke.
    pub writes: Writes,
    /// Whether the body ended.
    pub ended: Rc<Cell<bool>>,
    /// Whether and how the session ended.
    pub settled: Rc<RefCell<Option<(ReadyForNext, Summary)>>>,
    /// While set, the reader takes nothing.
    pub stands_still: Rc<Cell<bool>>,
    abort: AbortHandle,
}

impl Connection {
    /// The client goes away.
    pub fn cut(&self) {
        self.abort.abort();
    }

    /// Everything that came over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        self.writes.borrow().iter().flatten().flatten().copied().collect()
    }

    /// A client that read all of it.
    pub fn client(&self) -> Client {
        let mut client = Client::default();
        client.read(&self.bytes());
        client
    }

    /// Why it ended, once it has.
    pub fn reason(&self) -> Option<EndReason> {
        self.settled.borrow().as_ref().map(|(_, summary)| summary.reason)
    }

    /// Whether the body broke off.
    pub fn aborted(&self) -> bool {
        self.writes.borrow().iter().any(Result::is_err)
    }
}

/// Everything.
pub struct World {
    /// Time.
    pub clock: Arc<ManualClock>,
    /// The table that all environments read.
    pub table: Arc<MemoryTable>,
    /// The environments.
    pub environments: Vec<Environment>,
}

/// A sampled header of its own for every `n`.
pub fn header(n: u64) -> String {
    format!("Root=1-6b02a100-{n:024x};Parent=53995c3f42cd8ad8;Sampled=1")
}

/// An item; `at` as the clock counts.
///
/// # Panics
/// On what is no item.
pub fn item(id: &str, at: Timestamp, sentiment: Sentiment, score: f64, tickers: &[&str]) -> Item {
    Item {
        source_id: id.into(),
        updated_at: at,
        sentiment,
        score: Score::new(score).expect("in range"),
        tickers: tickers.iter().map(|t| Ticker::parse(t).expect("a ticker")).collect(),
        expires_at: None,
    }
}

impl World {
    /// With that many environments.
    ///
    /// # Panics
    /// Never: the start is a date.
    pub fn new(setup: Setup, environments: usize, seed: u64) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::parse(START).expect("a date")));
        let table = Arc::new(MemoryTable::new(clock.clone()));
        let environment = |n| Environment::new(setup, &clock, table.clone(), seed.wrapping_mul(31) + n);
        let environments = (0..environments as u64).map(environment).collect();
        Self { clock, table, environments }
    }

    /// With one environment and the given poller instead of the table.
    pub fn with_poller(setup: Setup, poller: impl FnOnce(Arc<ManualClock>) -> Arc<dyn Poller>) -> Self {
        let mut world = Self::new(setup, 0, 1);
        let poller = poller(world.clock.clone());
        world.environments.push(Environment::new(setup, &world.clock, poller, 1));
        world
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs everything that can run.
    pub fn settle(&mut self) {
        for environment in self.environments.iter_mut().filter(|e| !e.frozen) {
            environment.pool.run_until_stalled();
        }
    }

    /// Lets time pass, waking every sleeper at its own moment.
    pub fn run(&mut self, ms: u64) {
        self.settle();
        let until = self.now().plus(Duration::from_millis(ms));
        while let Some(next) = self.clock.next_wake().filter(|at| *at <= until) {
            // A frozen environment's sleepers stay where they are; time must not stand still for them.
            let next = next.max(self.now().plus(Duration::from_millis(1))).min(until);
            self.clock.set(next);
            self.settle();
            if next == until {
                break;
            }
        }
        self.clock.set(until);
        self.settle();
    }
}

impl Environment {
    fn new(setup: Setup, clock: &Arc<ManualClock>, poller: Arc<dyn Poller>, seed: u64) -> Self {
        let (telemetry, metrics) = (SpyTelemetry::default(), Arc::new(MemoryMetrics::new(clock.clone())));
        let operator_log = Arc::new(MemoryOperatorLog::default());
        let ports = StreamPorts {
            poller: Untraced::new(poller),
            pool: Untraced::new(Arc::new(SlotPool::new(setup.slots))),
            metrics: Untraced::new(metrics.clone()),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(seed)),
            shared_reader: Arc::new(SharedReader::new(setup.read, operator_log.clone())),
            aggregator: Arc::new(MetricsAggregator::new(operator_log.clone())),
            operator_log: operator_log.clone(),
            shutdown: Shutdown::default(),
            started_at: clock.now(),
        };
        Self {
            ports,
            telemetry,
            metrics,
            operator_log,
            setup,
            pool: LocalPool::new(),
            opened: Cell::new(0),
            frozen: false,
        }
    }

    /// What its invocations share.
    pub fn tracing(&self) -> TraceConfig {
        let (clock, telemetry) = (self.ports.clock.clone(), &self.telemetry);
        let config = TraceConfig::new(clock, Arc::new(telemetry.clone()), telemetry.sink(), "sse-streaming");
        TraceConfig { shutdown: self.ports.shutdown.clone(), ..config }
    }

    /// An invocation, switched to streaming.
    pub fn invocation(&self, trace_header: Option<&str>, plan: &Plan) -> (Invocation<Streaming>, Arc<StreamRecord>) {
        let n = self.opened.replace(self.opened.get() + 1);
        let begin = InvocationStart {
            context: TraceContext::parse(trace_header),
            request_id: format!("request-{n}").into(),
            deadline: plan.deadline,
            is_cold_start: n == 0,
        };
        let identity = StreamIdentity::new(ConnectionId::from_random(n + 1));
        into_streaming(Invocation::begin(begin, self.tracing()), identity, plan.end_at)
    }

    /// The plan of a stream that opens now.
    pub fn plan(&self, view: View, resume: Option<Digest>) -> Plan {
        let now = self.ports.clock.now();
        Plan::new(
            self.setup.limits,
            now,
            now.plus(Duration::from_millis(self.setup.life_ms)),
            &*self.ports.random,
            view,
            resume,
        )
    }

    /// A stream; `None` if no slot is free.
    pub fn connect(&self, trace_header: Option<&str>, view: View, resume: Option<Digest>) -> Option<Connection> {
        let plan = self.plan(view, resume);
        let (invocation, record) = self.invocation(trace_header, &plan);
        let Some(permit) = acquire(&invocation, &record, &self.ports.pool) else {
            self.spawn(async move { drop(invocation.finish(EndReason::Rejected).await.settle().await) });
            return None;
        };
        let (session, reader) = open(invocation, record, permit, self.ports.clone(), plan).split();
        Some(self.drive(session, reader))
    }

    /// Drives both halves of a stream.
    pub fn drive(
        &self,
        session: impl Future<Output = (ReadyForNext, Summary)> + 'static,
        mut reader: Reader,
    ) -> Connection {
        let writes = Rc::new(RefCell::new(Vec::new()));
        let (ended, stands_still) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
        let settled = Rc::new(RefCell::new(None));
        let (log, end, still) = (writes.clone(), ended.clone(), stands_still.clone());
        let clock = self.ports.clock.clone();
        let (read, abort) = abortable(async move {
            loop {
                while still.get() {
                    clock.sleep_until(clock.now().plus(Duration::from_millis(1))).await;
                }
                let Some(write) = reader.next().await else { break };
                log.borrow_mut().push(write.map(Into::into));
            }
            end.set(true);
        });
        self.spawn(read.map(drop));
        let result = settled.clone();
        self.spawn(async move { *result.borrow_mut() = Some(session.await) });
        Connection { writes, ended, settled, stands_still, abort }
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let spawner: LocalSpawner = self.pool.spawner();
        spawner.spawn_local(task).expect("the pool lives as long as the environment");
    }
}
