//! A function in this process: every port in memory, on the real clock.

use async_trait::async_trait;
use lambda_env::{Call, Function, Invocation, Response, RuntimeApi, runtime_api::RuntimeApiOptions};
use lambda_trace::{AwsCall, CallError, Clock, Shutdown, TraceConfig};
use sse_adapters::{
    memory::{MemoryTable, MemoryTelemetry, NoMetrics, Record, SeededRandom, read_items},
    pool::SlotPool,
    system::{SystemClock, XrayIds},
};
use sse_core::{
    metrics_aggregator::MetricsAggregator,
    plan::Limits,
    ports::{ConnectionPool, Page, Poller, Query, TokenError, TokenVerifier, Untraced, UserId},
    shared_reader::{ReadPlan, SharedReader},
    stream::StreamPorts,
};
use sse_streaming::{
    compose::Wiring,
    function::{self, FunctionError},
    service::{Service, Slots},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// Nothing here takes as long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it hangs")
}

/// What a function is to be; times in milliseconds.
pub(crate) struct Setup {
    pub(crate) slots: usize,
    pub(crate) max_connections: usize,
    pub(crate) stream_max_ms: u64,
    pub(crate) poller: Option<Arc<dyn Poller>>,
    pub(crate) receive_buffer: Option<u32>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { slots: 1, max_connections: 10, stream_max_ms: 300, poller: None, receive_buffer: None }
    }
}

pub(crate) struct Running {
    pub(crate) api: RuntimeApi,
    pub(crate) telemetry: MemoryTelemetry,
    pub(crate) service: Arc<Service>,
    run: JoinHandle<Result<(), FunctionError>>,
}

fn wiring(service: Arc<Service>) -> Wiring {
    Wiring { service, background: None, warm_up: None, shortest_time_limit: Duration::ZERO, spans: None }
}

fn start(api: SocketAddr, slots: usize, composed: Wiring) -> JoinHandle<Result<(), FunctionError>> {
    tokio::spawn(async move { function::run(&api.to_string(), slots, Ok(composed)).await })
}

impl Setup {
    pub(crate) fn start(self) -> Running {
        let function = Function { concurrency: self.slots, ..Function::default() };
        let options =
            RuntimeApiOptions { function, receive_buffer: self.receive_buffer, ..RuntimeApiOptions::default() };
        let api = RuntimeApi::start(options).expect("a port");
        let telemetry = MemoryTelemetry::default();
        let service = Arc::new(self.service(telemetry.clone()));
        let composed = wiring(service.clone());
        let run = start(api.address(), self.slots, composed);
        Running { api, telemetry, service, run }
    }

    /// Under another Runtime API than the recorded one.
    pub(crate) fn start_at(self, api: SocketAddr, telemetry: MemoryTelemetry) -> JoinHandle<Result<(), FunctionError>> {
        let service = Arc::new(self.service(telemetry));
        start(api, self.slots, wiring(service))
    }

    fn service(&self, telemetry: MemoryTelemetry) -> Service {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let pool: Arc<dyn ConnectionPool> = Arc::new(SlotPool::new(self.max_connections));
        let poller = self.poller.clone().unwrap_or_else(|| Arc::new(table()));
        let plan = ReadPlan {
            interval: Duration::from_secs(5),
            overlap: Duration::from_secs(10),
            full_interval: Duration::from_mins(15),
            span: Duration::from_hours(24),
            max_items: 1_000,
        };
        let ports = StreamPorts {
            poller: Untraced::new(poller),
            pool: Untraced::new(pool.clone()),
            metrics: Untraced::new(Arc::new(NoMetrics)),
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
            shared_reader: Arc::new(SharedReader::new(plan, Arc::new(()))),
            aggregator: Arc::new(MetricsAggregator::new(Arc::new(()))),
            operator_log: Arc::new(()),
            shutdown: Shutdown::default(),
            started_at: clock.now(),
        };
        let shutdown = ports.shutdown.clone();
        let config = TraceConfig::new(clock, Arc::new(XrayIds), telemetry.sink(), "loop");
        let tracing = TraceConfig { shutdown, ..config };
        let limits = Limits {
            stream_max: (self.stream_max_ms > 0).then(|| Duration::from_millis(self.stream_max_ms)),
            deadline_margin: Duration::from_secs(1),
            heartbeat: Duration::from_millis(200),
            retry: Duration::from_secs(3),
        };
        Service::new(ports, tracing, Arc::new(Panicking), None, limits, Slots::of(pool), true)
    }
}

fn table() -> MemoryTable {
    let clock = Arc::new(SystemClock);
    let table = MemoryTable::new(clock.clone());
    for item in items(&*clock) {
        table.put(item);
    }
    table
}

/// Items of so many tickers together; an event of each has about 170 bytes.
pub(crate) fn table_of(tickers: usize) -> MemoryTable {
    const TICKERS_PER_ITEM: usize = 50;
    let clock = Arc::new(SystemClock);
    let table = MemoryTable::new(clock.clone());
    let line = |n: usize| {
        let tickers: Vec<_> = (0..TICKERS_PER_ITEM).map(|m| format!("\"T{}\"", n * TICKERS_PER_ITEM + m)).collect();
        let tickers = tickers.join(",");
        format!(r#"{{"source_id":"i-{n}","sentiment":"positive","score":0.5,"matched_tickers":[{tickers}]}}"#)
    };
    let lines: Vec<_> = (0..tickers / TICKERS_PER_ITEM).map(line).collect();
    for item in read_items(lines.join("\n").as_bytes(), clock.now()).expect("items") {
        table.put(item);
    }
    table
}

fn items(clock: &dyn Clock) -> Vec<sse_core::item::Item> {
    let line =
        |n: u32| format!(r#"{{"source_id":"i-{n}","sentiment":"positive","score":0.5,"matched_tickers":["T{n}"]}}"#);
    let lines: Vec<_> = (0..200).map(line).collect();
    read_items(lines.join("\n").as_bytes(), clock.now()).expect("items")
}

impl Running {
    pub(crate) fn invoke(&self, invocation: impl Into<Invocation>) -> Call {
        self.api.invoke(invocation)
    }

    /// The whole of an invocation, `next` included.
    pub(crate) async fn whole(&self, invocation: impl Into<Invocation>) -> Response {
        let response = within(self.invoke(invocation).finish()).await;
        within(self.api.idle()).await;
        response
    }

    /// The loop is as good as new, and has done nothing that the Runtime API forbids.
    pub(crate) async fn goes_on(&self) {
        let response = self.whole(Invocation::get("/api/v2/stream/status")).await;
        assert_eq!(response.prelude().map(|prelude| prelude.status), Some(200));
        let body: serde_json::Value = serde_json::from_slice(&response.body()).expect("JSON");
        assert_eq!(body["connections"], 0, "every slot was given back");
        assert_eq!(self.api.violations(), []);
    }

    pub(crate) fn spans(&self, name: &str) -> Vec<Record> {
        self.telemetry.records().into_iter().filter(|record| record.name == name).collect()
    }

    /// How the loop ended.
    pub(crate) async fn ended(self) -> Result<(), FunctionError> {
        within(self.run).await.expect("no panic")
    }
}

/// Answers as a real one does: after a moment.
pub(crate) struct Distant(MemoryTable);

impl Default for Distant {
    fn default() -> Self {
        Self(table())
    }
}

#[async_trait]
impl Poller for Distant {
    fn target(&self) -> AwsCall {
        self.0.target()
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, CallError> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.0.page(query).await
    }
}

/// Fails as nothing should: by a panic.
pub(crate) struct Panicking;

#[async_trait]
impl Poller for Panicking {
    fn target(&self) -> AwsCall {
        AwsCall::default()
    }

    async fn page(&self, _: Query<'_>) -> Result<Page, CallError> {
        panic!("asked for")
    }
}

impl TokenVerifier for Panicking {
    fn verify(&self, _: &str) -> Result<UserId, TokenError> {
        panic!("asked for")
    }
}
