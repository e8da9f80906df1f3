//! Each AWS call is told once, by the phase that made it, under the context of its own invocation. The ports are mocks: a call
//! that nobody expects, or that comes twice, fails the test.
//! Rule: FR-060.

#![expect(clippy::result_large_err, reason = "the mocks' closures return what the ports do")]

use async_trait::async_trait;
use futures::FutureExt;
use lambda_trace::{
    AwsCall, CallError, EndReason, FinishedSpan, FlushOutcome, Handler, HandlerTelemetry, Invocation, InvocationStart,
    LedgerEntry, ManualClock, Phases, SpanId, StreamEnd, StreamSpans, StreamStart, Streaming, StreamingTelemetry,
    Timestamp, TraceConfig, TraceContext, TraceId,
};
use mockall::mock;
use sse_adapters::system::XrayIds;
use sse_core::{
    identity::{ConnectionId, StreamIdentity},
    item::{Item, Sentiment},
    names,
    ports::{
        Configuration, ConfigurationStore, Dates, Measurement, Metrics, Page, Poller, Query, SeenItems, Untraced,
        UserId,
    },
    traced::{TracedConfigurationStore, TracedMetrics, TracedPoller, into_streaming},
};
use sse_tests::world::header;
use std::sync::Arc;

// What borrows from its caller inside another type cannot be mocked as it is: these two have a method to count in its place.
mock! {
    Sink {
        fn handler_phase(&self, span: FinishedSpan<Handler>);
        fn stream_opened(&self, stream: StreamStart);
        fn streaming_phase(&self, span: FinishedSpan<Streaming>);
        fn flush(&self) -> FlushOutcome;
        fn stream_closed(&self, stream: StreamEnd);
    }
}

mock! {
    Index {
        fn page(&self) -> Page;
    }
}

/// What the mock is told, by way of both phases' ports.
#[derive(Clone)]
struct Sink(Arc<MockSink>);

impl HandlerTelemetry for Sink {
    fn handler_phase(&self, root: FinishedSpan<Handler>) {
        self.0.handler_phase(root);
    }
}

#[async_trait]
impl StreamingTelemetry for Sink {
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans> {
        self.0.stream_opened(start);
        Arc::new(self.clone())
    }
    async fn flush_retained(&self, _: Timestamp) -> FlushOutcome {
        self.0.flush()
    }
    async fn shutdown(&self) {}
}

#[async_trait]
impl StreamSpans for Sink {
    fn record(&self, span: FinishedSpan<Streaming>) {
        self.0.streaming_phase(span);
    }
    fn is_export_due(&self, _: Timestamp) -> bool {
        false
    }
    async fn export(&self, _: Timestamp) {}
    async fn flush(&self, _: Timestamp) -> FlushOutcome {
        self.0.flush()
    }
    fn close(&self, end: StreamEnd) -> LedgerEntry {
        self.0.stream_closed(end);
        LedgerEntry { created: end.created, ..LedgerEntry::default() }
    }
}

#[async_trait]
impl Poller for MockIndex {
    fn target(&self) -> AwsCall {
        AwsCall::default()
    }
    async fn page(&self, _: Query<'_>) -> Result<Page, CallError> {
        Ok(Self::page(self))
    }
}

mock! {
    Gauges {}
    #[async_trait]
    impl Metrics for Gauges {
        fn target(&self) -> Option<AwsCall>;
        async fn put(&self, batch: &[Measurement]) -> Result<AwsCall, CallError>;
    }
}

mock! {
    Users {}
    #[async_trait]
    impl ConfigurationStore for Users {
        fn target(&self) -> AwsCall;
        async fn get(&self, user: &UserId, id: &str) -> Result<(Option<Configuration>, AwsCall), CallError>;
    }
}

struct Nothing;

impl SeenItems for Nothing {
    fn holds(&self, _: &Item) -> bool {
        false
    }
}

/// A sink that flushes once; what else it may be told is up to the test.
fn sink() -> MockSink {
    let mut sink = MockSink::new();
    sink.expect_flush().once().return_const(FlushOutcome::Ok);
    sink
}

fn begin(sink: MockSink, header: Option<&str>) -> Invocation<Handler> {
    let clock = ManualClock::new(Timestamp::from_millis(1_795_334_400_000));
    let telemetry = Arc::new(Phases::both(Arc::new(Sink(Arc::new(sink)))));
    let tracing = TraceConfig::new(Arc::new(clock), Arc::new(XrayIds), telemetry, "tests");
    let begin = InvocationStart {
        context: TraceContext::parse(header),
        request_id: "request-1".into(),
        deadline: Timestamp::from_millis(1_795_334_460_000),
        is_cold_start: true,
    };
    Invocation::begin(begin, tracing)
}

fn streaming(handler: Invocation<Handler>) -> Invocation<Streaming> {
    let identity = StreamIdentity::new(ConnectionId::from_random(1));
    into_streaming(handler, identity, Timestamp::from_millis(1_795_334_450_000)).0
}

fn now<T>(work: impl Future<Output = T>) -> T {
    work.now_or_never().expect("nothing here waits")
}

fn end(invocation: Invocation<Streaming>) {
    let settled = now(async { invocation.finish(EndReason::Deadline).await.settle().await });
    assert_eq!(settled.outcome(), FlushOutcome::Ok);
}

fn look_up(invocation: &Invocation<Handler>) {
    let mut users = MockUsers::new();
    users.expect_target().return_const(AwsCall::default());
    users.expect_get().once().returning(|_, _| Ok((None, AwsCall::default())));
    let users = Untraced::<dyn ConfigurationStore>::new(Arc::new(users));
    let user = UserId::new("u").expect("a user id");
    assert_eq!(now(TracedConfigurationStore::new(invocation, &users).get(&user, "c")).expect("an answer").0, None);
}

fn poll(invocation: &Invocation<Streaming>) {
    let mut index = MockIndex::new();
    index.expect_page().once().returning(Page::default);
    let index = Untraced::<dyn Poller>::new(Arc::new(index));
    let query = Query {
        round: 1,
        sentiment: Sentiment::ALL[0],
        dates: Dates::Since(Timestamp::default()),
        latest: Timestamp::default(),
        after: None,
        known: &Nothing,
    };
    assert_eq!(now(TracedPoller::new(invocation, &index).page(query)).expect("a page"), Page::default());
}

fn put(invocation: &Invocation<Streaming>, target: Option<AwsCall>) {
    let mut gauges = MockGauges::new();
    gauges.expect_target().return_const(target);
    gauges.expect_put().once().returning(|_| Ok(AwsCall::default()));
    let gauges = Untraced::<dyn Metrics>::new(Arc::new(gauges));
    assert!(now(TracedMetrics::new(invocation, &gauges).put(&[])).is_ok());
}

#[test]
fn a_call_of_the_handler_phase_is_one_nested_subsegment_and_no_span() {
    let mut sink = sink();
    let is_one_call = |span: &FinishedSpan<Handler>| {
        span.name == names::HANDLER && span.children.len() == 1 && span.children[0].parent == span.id
    };
    sink.expect_handler_phase().once().withf(is_one_call).return_const(());
    let invocation = begin(sink, Some(&header(1)));
    look_up(&invocation);
    assert_eq!(now(invocation.answer()).outcome(), FlushOutcome::Ok);
}

#[test]
fn a_call_of_the_streaming_phase_is_one_span_and_no_subsegment() {
    let mut sink = sink();
    let is_empty = |span: &FinishedSpan<Handler>| span.children.is_empty();
    sink.expect_handler_phase().once().withf(is_empty).return_const(());
    sink.expect_stream_opened().once().return_const(());
    for name in [names::POLL, names::PUT_METRIC, names::STREAM] {
        let is_named = move |span: &FinishedSpan<Streaming>| span.name == name;
        sink.expect_streaming_phase().once().withf(is_named).return_const(());
    }
    sink.expect_stream_closed().once().withf(|stream| stream.created == 3).return_const(());
    let invocation = streaming(begin(sink, Some(&header(1))));
    poll(&invocation);
    put(&invocation, Some(AwsCall::default()));
    end(invocation);
}

#[test]
fn metrics_that_make_no_call_are_no_span() {
    let mut sink = sink();
    sink.expect_handler_phase().once().return_const(());
    sink.expect_stream_opened().once().return_const(());
    sink.expect_streaming_phase().once().withf(|span| span.name == names::STREAM).return_const(());
    sink.expect_stream_closed().once().withf(|stream| stream.created == 1).return_const(());
    let invocation = streaming(begin(sink, Some(&header(1))));
    put(&invocation, None);
    end(invocation);
}

#[test]
fn an_untraced_invocation_makes_its_calls_and_tells_nobody() {
    for header in [None, Some("Root=1-6afd7680-000000000000000000000001;Parent=53995c3f42cd8ad8;Sampled=0")] {
        let handler = begin(sink(), header);
        look_up(&handler);
        let invocation = streaming(handler);
        poll(&invocation);
        put(&invocation, Some(AwsCall::default()));
        end(invocation);
    }
}

/// Rule: FR-025. Rule: FR-059.
#[test]
fn each_invocation_is_told_under_its_own_header() {
    let segment = SpanId::new(0x5399_5c3f_42cd_8ad8);
    for n in 1..=3 {
        let of = header(n);
        let trace_id = of["Root=".len()..].split(';').next().expect("an id").to_owned();
        let is_own = move |trace: &TraceId| trace.to_string() == trace_id;
        let mut sink = sink();
        let own = is_own.clone();
        let is_below = move |span: &FinishedSpan<Handler>| own(&span.trace) && Some(span.parent) == segment;
        sink.expect_handler_phase().once().withf(is_below).return_const(());
        let own = is_own.clone();
        sink.expect_stream_opened().once().withf(move |stream| own(&stream.parent.trace)).return_const(());
        let own = is_own;
        sink.expect_streaming_phase().times(2).withf(move |span| own(&span.trace)).return_const(());
        // Told to the handle, which belongs to one stream.
        sink.expect_stream_closed().once().return_const(());
        let invocation = streaming(begin(sink, Some(&of)));
        poll(&invocation);
        end(invocation);
    }
}
