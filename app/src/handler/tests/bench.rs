//! The handler on a bench: every port in memory, sessions driven by hand.

use crate::{
    handler::{Body, Completion, HandlerResponse, Request, handle},
    service::{Service, Slots},
};
use futures::{FutureExt, StreamExt, future::BoxFuture};
use http::{HeaderMap, Method};
use lambda_trace::{Clock, InvocationStart, ManualClock, ReadyForNext, Shutdown, Timestamp, TraceConfig, TraceContext};
use sse_adapters::{
    memory::{
        MemoryConfigurationStore, MemoryTable, MemoryTelemetry, MemoryTokenVerifier, NoMetrics, Record, SeededRandom,
    },
    pool::SlotPool,
    system::XrayIds,
};
use sse_core::{
    item::{Item, Score, Sentiment, Ticker},
    metrics_aggregator::MetricsAggregator,
    outbox::Reader,
    plan::Limits,
    ports::{ConfigurationStore, ConnectionPool, Random, Untraced},
    shared_reader::{ReadPlan, SharedReader},
    stream::{StreamPorts, Summary},
};
use std::{
    cell::RefCell,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

const HEADER: &str = "Root=1-6b02a100-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1";
const NOW: Timestamp = Timestamp::from_millis(1_795_334_400_000);

pub(super) struct Bench {
    pub(super) clock: Arc<ManualClock>,
    pub(super) tokens: Arc<MemoryTokenVerifier>,
    pub(super) configurations: Arc<MemoryConfigurationStore>,
    pub(super) telemetry: MemoryTelemetry,
    service: Service,
}

/// A response that was whole at once.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// A stream, open.
pub(super) struct Open {
    pub(super) status: u16,
    headers: HeaderMap,
    reader: RefCell<Reader>,
    session: RefCell<BoxFuture<'static, (ReadyForNext, Summary)>>,
}

pub(super) fn tickers(names: &[&str]) -> Vec<Ticker> {
    names.iter().filter_map(|name| Ticker::parse(name)).collect()
}

impl Bench {
    pub(super) fn new(slots: usize) -> Self {
        Self::with_users(slots, true)
    }

    pub(super) fn without_users(slots: usize) -> Self {
        Self::with_users(slots, false)
    }

    fn with_users(slots: usize, has_users: bool) -> Self {
        let manual = Arc::new(ManualClock::new(NOW));
        let clock: Arc<dyn Clock> = manual.clone();
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(1));
        let telemetry = MemoryTelemetry::default();
        let tokens = Arc::<MemoryTokenVerifier>::default();
        let configurations = Arc::new(MemoryConfigurationStore::new(clock.clone()));
        let raw: Arc<dyn ConfigurationStore> = configurations.clone();
        let pool: Arc<dyn ConnectionPool> = Arc::new(SlotPool::new(slots));
        let table = MemoryTable::new(clock.clone());
        for (source_id, name) in [("i-1", "AAPL"), ("i-2", "MSFT")] {
            table.put(Item {
                source_id: source_id.into(),
                updated_at: NOW.minus(Duration::from_secs(1)),
                sentiment: Sentiment::Positive,
                score: Score::new(0.5).unwrap(),
                tickers: tickers(&[name]).into(),
                expires_at: None,
            });
        }
        let plan = ReadPlan {
            interval: Duration::from_secs(5),
            overlap: Duration::from_secs(10),
            full_interval: Duration::from_mins(15),
            span: Duration::from_hours(24),
            max_items: 1_000,
        };
        let ports = StreamPorts {
            poller: Untraced::new(Arc::new(table)),
            pool: Untraced::new(pool.clone()),
            metrics: Untraced::new(Arc::new(NoMetrics)),
            clock: clock.clone(),
            random,
            shared_reader: Arc::new(SharedReader::new(plan, Arc::new(()))),
            aggregator: Arc::new(MetricsAggregator::new(Arc::new(()))),
            operator_log: Arc::new(()),
            shutdown: Shutdown::default(),
            started_at: NOW,
        };
        let shutdown = ports.shutdown.clone();
        let ids = Arc::new(XrayIds);
        let tracing = TraceConfig { shutdown, ..TraceConfig::new(clock, ids, telemetry.sink(), "bench") };
        let limits = Limits {
            stream_max: None,
            deadline_margin: Duration::from_secs(3),
            heartbeat: Duration::from_secs(15),
            retry: Duration::from_secs(3),
        };
        let users = has_users.then(|| Untraced::new(raw));
        let service = Service::new(ports, tracing, tokens.clone(), users, limits, Slots::of(pool), true);
        Self { clock: manual, tokens, configurations, telemetry, service }
    }

    pub(super) fn get(&self, path: &str, query: &str) -> Answer {
        self.ask(Method::GET, path, query, HeaderMap::new())
    }

    /// A plain answer that the handler has returned; what is left to do is done by the call.
    pub(super) fn begun(&self, path: &str) -> impl FnOnce() + use<> {
        let Completion::AfterResponse(settle) =
            self.handled(Method::GET, path, "", HeaderMap::new(), Some(HEADER)).work
        else {
            panic!("no plain answer: {path}")
        };
        || drop(settle.now_or_never().expect("settled"))
    }

    pub(super) fn ask_untraced(&self, path: &str) -> Answer {
        answer(self.handled(Method::GET, path, "", HeaderMap::new(), None))
    }

    pub(super) fn ask(&self, method: Method, path: &str, query: &str, headers: HeaderMap) -> Answer {
        answer(self.handled(method, path, query, headers, Some(HEADER)))
    }

    pub(super) fn stream(&self, path: &str, query: &str, headers: HeaderMap) -> Open {
        let handled = self.handled(Method::GET, path, query, headers, Some(HEADER));
        let (Body::Events(reader), Completion::WithResponse(session)) = (handled.body, handled.work) else {
            panic!("no stream: {}", handled.status)
        };
        let (reader, session) = (RefCell::new(reader), RefCell::new(session));
        Open { status: handled.status.as_u16(), headers: handled.headers, reader, session }
    }

    fn handled(
        &self,
        method: Method,
        path: &str,
        query: &str,
        headers: HeaderMap,
        trace: Option<&str>,
    ) -> HandlerResponse {
        let request = Request { method, path: path.to_owned(), query: query.to_owned(), headers };
        let begin = InvocationStart {
            context: TraceContext::parse(trace),
            request_id: "r-1".into(),
            deadline: self.clock.now().plus(Duration::from_mins(15)),
            is_cold_start: self.service.is_cold_start(),
        };
        handle(&self.service, &request, begin).now_or_never().expect("nothing in memory waits")
    }

    /// Spans of this name, in the order in which they ended.
    pub(super) fn spans(&self, name: &str) -> Vec<Record> {
        self.telemetry.records().into_iter().filter(|record| record.name == name).collect()
    }
}

fn answer(handled: HandlerResponse) -> Answer {
    let Body::Plain(bytes) = handled.body else {
        return Answer { status: handled.status.as_u16(), headers: handled.headers, body: String::new() };
    };
    match handled.work {
        Completion::AfterResponse(work) => drop(work.now_or_never().expect("settled")),
        Completion::WithResponse(work) => drop(work.now_or_never().expect("settled")),
    }
    assert!(!bytes.is_empty(), "empty bodies have hung Function URLs");
    let body = String::from_utf8(bytes.to_vec()).expect("text");
    Answer { status: handled.status.as_u16(), headers: handled.headers, body }
}

impl Answer {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Open {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Lets the session work until it waits, then reads.
    pub(super) fn first_write(&self) -> String {
        let mut context = Context::from_waker(Waker::noop());
        assert!(self.session.borrow_mut().poll_unpin(&mut context).is_pending());
        let write = self.reader.borrow_mut().next().now_or_never().flatten();
        String::from_utf8(write.expect("a write").expect("no failure").into()).expect("text")
    }

    /// Drops the reader; why the session ended, then.
    pub(super) fn hang_up(self) -> &'static str {
        drop(self.reader);
        let (_, summary) = self.session.into_inner().now_or_never().expect("settled");
        summary.reason.as_str()
    }
}
