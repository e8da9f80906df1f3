//! What a span and a flush cost here, in the SDK's batch processor, and through tracing-opentelemetry; in one run, on one
//! machine, so that the figures can be compared. `cargo bench -p lambda-trace-otlp --bench telemetry`.
//!
//! All three make the same span (name, parent, five attributes) and send it to the same receiver: a thread on loopback that
//! answers 200, over a fresh connection each time.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use lambda_trace::{
    Clock, Invocation, InvocationStart, NamedStream, Off, Phases, SpanKind, Streaming, Telemetry, Timestamp,
    TraceConfig, TraceContext,
};
use lambda_trace_otlp::{
    CollectorLog, HttpTransport, MemoryLines, Pipeline, PipelineConfig, PipelinePorts, Refusal, Tcp, XrayIds,
    testing::{Handles, names, policy, streaming_only},
};
use opentelemetry::{
    Context, KeyValue,
    trace::{
        SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
        noop::NoopTracerProvider,
    },
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider},
};
use std::{
    hint::black_box,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Registry, layer::SubscriberExt};

/// Spans between two flushes, none of which is timed with them. Fewer than the SDK's queue holds.
const CHUNK: u32 = 512;
const HEADER: &str = "Root=1-6afd6e80-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=";

/// The wall clock. The benchmark's streams never sleep.
struct WallClock;

#[async_trait::async_trait]
impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX))
    }
    async fn sleep_until(&self, at: Timestamp) {
        tokio::time::sleep(Duration::from_micros(at.micros().saturating_sub(self.now().micros()))).await;
    }
}

/// Answers every POST with an empty 200.
fn receiver() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            std::thread::spawn(move || {
                stream.set_nodelay(true).expect("a flag");
                let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
                while let Some(length) = head(&mut reader) {
                    std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).expect("a body");
                    (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("an answer");
                }
            });
        }
    });
    address
}

/// Reads a head; the length of the body that follows. `None` at the end of the connection.
fn head(reader: &mut impl BufRead) -> Option<u64> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            return Some(length);
        }
    }
}

/// The cheapest client that the batch processor's own thread can have: one blocking socket.
#[derive(Debug)]
struct Blocking(Mutex<BufReader<TcpStream>>);

impl Blocking {
    fn new(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).expect("a connection");
        stream.set_nodelay(true).expect("a flag");
        Self(Mutex::new(BufReader::new(stream)))
    }
}

#[async_trait::async_trait]
impl HttpClient for Blocking {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut reader = self.0.lock().expect("lock");
        let body = request.body();
        let mut bytes = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        reader.get_mut().write_all(&bytes)?;
        head(&mut *reader).ok_or("closed")?;
        Ok(Response::new(Bytes::new()))
    }
}

fn provider(to: SocketAddr) -> SdkTracerProvider {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Blocking::new(to))
        .with_endpoint(format!("http://{to}/v1/traces"))
        .with_protocol(Protocol::HttpBinary)
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .expect("an exporter");
    // A batch is exported by the flush that is timed, and by nothing else.
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(4 * CHUNK as usize)
        .with_max_export_batch_size(2 * CHUNK as usize)
        .with_scheduled_delay(Duration::from_hours(1))
        .build();
    SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(config).build())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_id_generator(opentelemetry_aws::trace::XrayIdGenerator::default())
        .with_resource(Resource::builder_empty().with_service_name("bench").build())
        .build()
}

fn parent(is_sampled: bool) -> Context {
    let flags = if is_sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let remote = SpanContext::new(TraceId::from(1 << 100), SpanId::from(7), flags, true, TraceState::NONE);
    Context::new().with_remote_span_context(remote)
}

fn sdk_span<T: Tracer>(tracer: &T, parent: &Context, n: u64) {
    use opentelemetry::trace::Span as _;
    let mut span = tracer.start_with_context("sse_event_dispatch", parent);
    span.set_attribute(KeyValue::new("event_type", "sentiment_update"));
    span.set_attribute(KeyValue::new("latency_ms", i64::try_from(n).expect("small")));
    span.set_attribute(KeyValue::new("is_cold_start", false));
    span.set_attribute(KeyValue::new("is_clock_skew", false));
    span.set_attribute(KeyValue::new("connection_id", black_box("0123456789abcdef").to_owned()));
    span.end();
}

fn tracing_span(parent: &Context, n: u64) {
    let span = tracing::info_span!(
        "sse_event_dispatch",
        event_type = "sentiment_update",
        latency_ms = n,
        is_cold_start = false,
        is_clock_skew = false,
        connection_id = black_box("0123456789abcdef"),
    );
    let _ = span.set_parent(parent.clone());
    drop(span.entered());
}

fn our_span(stream: &Invocation<Streaming>, n: u64) {
    let mut span = stream.span(names::DISPATCH, SpanKind::Internal);
    if span.is_recording() {
        span.set("event_type", "sentiment_update");
        span.set("latency_ms", n);
        span.set("is_cold_start", false);
        span.set("is_clock_skew", false);
        span.set("connection_id", black_box("0123456789abcdef").to_owned());
    }
}

/// Nothing is refused here.
struct Silent;

impl CollectorLog for Silent {
    fn refused(&self, _: &Refusal) {}
    fn recovered(&self, _: &str) {}
}

fn pipeline(to: SocketAddr, trace_budget_bytes: usize) -> Arc<Handles> {
    let endpoint = format!("http://{to}/v1/traces");
    let config = PipelineConfig { trace_budget_bytes, ..PipelineConfig::new("bench", endpoint, policy()) };
    let transport = HttpTransport::new(Tcp::new("127.0.0.1", to.port()));
    let resource = Resource::builder_empty().with_service_name("bench").build();
    let lines = Arc::<MemoryLines>::default();
    let ports = PipelinePorts { lines, collector_log: Arc::new(Silent), clock: Arc::new(WallClock) };
    Handles::new(Arc::new(Pipeline::over(Arc::new(transport), config, &resource, ports).expect("a pipeline")))
}

fn stream(sink: &Arc<dyn Telemetry>, sampled: char) -> Invocation<Streaming> {
    let clock = Arc::new(WallClock);
    let begin = InvocationStart {
        context: TraceContext::parse(Some(&format!("{HEADER}{sampled}"))),
        request_id: "request-1".into(),
        deadline: clock.now().plus(Duration::from_mins(15)),
        is_cold_start: false,
    };
    let tracing = TraceConfig::new(clock.clone(), Arc::new(XrayIds), sink.clone(), "bench");
    // It has ended already, as far as the budget knows: all of it has accrued.
    Invocation::begin(begin, tracing).into_streaming(Arc::new(NamedStream(names::STREAM)), clock.now())
}

/// Times `spans` chunk by chunk; what follows each chunk is not timed.
fn timed(times: u64, mut span: impl FnMut(u64), mut after: impl FnMut()) -> Duration {
    let mut total = Duration::ZERO;
    let mut left = times;
    while left > 0 {
        let chunk = left.min(u64::from(CHUNK));
        let began = now();
        (0..chunk).for_each(&mut span);
        total += began.elapsed();
        after();
        left -= chunk;
    }
    total
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// Nothing here comes near it.
fn limit() -> Timestamp {
    WallClock.now().plus(Duration::from_mins(1))
}

/// A budget that nothing exceeds, for spans that are to be sent.
const UNLIMITED: usize = 1 << 40;

fn per_span(c: &mut Criterion) {
    let to = receiver();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = c.benchmark_group("span");

    let handles = pipeline(to, UNLIMITED);
    let sink = streaming_only(handles.clone());
    let sampled = stream(&sink, '1');
    let handle = handles.of(1);
    let flush = || {
        runtime.block_on(handle.flush(limit()));
    };
    group.bench_function("ours/sampled", |b| b.iter_custom(|n| timed(n, |i| our_span(&sampled, i), flush)));
    let small = streaming_only(pipeline(to, 20_000));
    let folded = stream(&small, '1');
    (0..1_000).for_each(|i| our_span(&folded, i));
    group.bench_function("ours/folded", |b| b.iter_custom(|n| timed(n, |i| our_span(&folded, i), || {})));
    let unsampled = stream(&sink, '0');
    group.bench_function("ours/unsampled", |b| b.iter_custom(|n| timed(n, |i| our_span(&unsampled, i), || {})));
    let off: Arc<dyn Telemetry> = Arc::new(Phases::both(Arc::new(Off)));
    let disabled = stream(&off, '0');
    group.bench_function("ours/disabled", |b| b.iter_custom(|n| timed(n, |i| our_span(&disabled, i), || {})));

    let provider = provider(to);
    let tracer = provider.tracer("bench");
    let force = || provider.force_flush().expect("a flush");
    for (name, parent) in [("sampled", parent(true)), ("unsampled", parent(false))] {
        group.bench_function(format!("sdk/{name}"), |b| {
            b.iter_custom(|n| timed(n, |i| sdk_span(&tracer, &parent, i), force));
        });
    }
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        for (name, parent) in [("sampled", parent(true)), ("unsampled", parent(false))] {
            group.bench_function(format!("tracing-opentelemetry/{name}"), |b| {
                b.iter_custom(|n| timed(n, |i| tracing_span(&parent, i), force));
            });
        }
    });
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
        let parent = parent(true);
        group.bench_function("tracing-opentelemetry/disabled", |b| {
            b.iter_custom(|n| timed(n, |i| tracing_span(&parent, i), || {}));
        });
    });
    let disabled = NoopTracerProvider::new().tracer("bench");
    let parent = parent(true);
    group.bench_function("sdk/disabled", |b| b.iter_custom(|n| timed(n, |i| sdk_span(&disabled, &parent, i), || {})));
    group.finish();
}

fn flush(c: &mut Criterion) {
    let to = receiver();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = c.benchmark_group("flush");
    for spans in [1_u64, 50, 512] {
        let handles = pipeline(to, UNLIMITED);
        let open = stream(&streaming_only(handles.clone()), '1');
        let handle = handles.of(1);
        group.bench_function(BenchmarkId::new("ours", spans), |b| {
            b.iter_custom(|times| {
                let mut total = Duration::ZERO;
                for _ in 0..times {
                    (0..spans).for_each(|i| our_span(&open, i));
                    let began = now();
                    runtime.block_on(handle.flush(limit()));
                    total += began.elapsed();
                }
                total
            });
        });
        let provider = provider(to);
        let tracer = provider.tracer("bench");
        let parent = parent(true);
        group.bench_function(BenchmarkId::new("sdk", spans), |b| {
            b.iter_custom(|times| {
                let mut total = Duration::ZERO;
                for _ in 0..times {
                    (0..spans).for_each(|i| sdk_span(&tracer, &parent, i));
                    let began = now();
                    provider.force_flush().expect("a flush");
                    total += began.elapsed();
                }
                total
            });
        });
    }
    group.finish();
}

criterion_group!(telemetry, per_span, flush);
criterion_main!(telemetry);
