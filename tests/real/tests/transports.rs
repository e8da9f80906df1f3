//! The two transports of the streaming phase beside each other, in one run on the deployed binary: a collector as an extension
//! (`adot`), and X-Ray's own endpoint over TLS (`xray`). How long a cold start takes, what memory is held, and how long a flush
//! takes by how far away X-Ray is. It judges that every span was delivered, and prints what both cost.

use lambda_env::{
    Environment, FunctionUrl, Invocation, OtlpReceiver, Outcome, Phase, TlsFront, environment::EnvironmentBuilder,
};
use serde_json::Value;
use sse_real::{backend::ledger, extension::ExtensionFixture, link::Link};
use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);
const STARTS: usize = 15;
const FLUSHES: usize = 9;

/// X-Ray's own endpoint, at the end of a link with a round trip of its own.
struct Endpoint {
    front: TlsFront,
    link: Link,
    _receiver: OtlpReceiver,
}

impl Endpoint {
    async fn start(round_trip: Duration) -> io::Result<Self> {
        let receiver = OtlpReceiver::start_as_xray()?;
        let front = TlsFront::start(receiver.address(), "AWS_ENDPOINT_URL_XRAY").await?;
        let port = front.endpoint().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.ok_or(io::ErrorKind::InvalidData)?;
        let link = Link::start(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), round_trip).await?;
        Ok(Self { front, link, _receiver: receiver })
    }

    fn of(&self, alone: EnvironmentBuilder) -> EnvironmentBuilder {
        let address = format!("https://localhost:{}", self.link.address().port());
        alone.beside(&self.front).var("AWS_ENDPOINT_URL_XRAY", &address).var("SSE_TELEMETRY", "xray")
    }
}

/// What stands behind both functions.
struct Both {
    fixture: ExtensionFixture,
    endpoint: Endpoint,
}

impl Both {
    async fn start(round_trip: Duration) -> Self {
        let fixture = ExtensionFixture::start(round_trip).await.unwrap();
        for number in 0..30 {
            fixture.put_item(number, ["positive", "neutral", "negative"][number % 3], &["AAPL", "MSFT"], 0);
        }
        Self { fixture, endpoint: Endpoint::start(round_trip).await.unwrap() }
    }

    /// With `adot`, then with `xray`.
    fn functions(&self) -> [EnvironmentBuilder; 2] {
        let adot = self.fixture.function(Path::new(env!("CARGO_BIN_EXE_collector-extension")));
        [adot, self.endpoint.of(self.fixture.alone())].map(|function| {
            let function = function.var("SSE_STREAM_MAX_MS", "600").var("SSE_POLL_INTERVAL_MS", "100");
            function.var("SSE_HEARTBEAT_INTERVAL_MS", "200")
        })
    }
}

/// Streams once, up to the freeze that follows, and looks whether every span was delivered; returns the ledger line.
async fn stream(function: &Environment) -> Value {
    let request = FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream");
    let call = function.invoke(Invocation::url(request)).await.unwrap();
    let response = timeout(PATIENCE, call.finish()).await.unwrap();
    assert_eq!(response.outcome, Some(Outcome::Complete));
    timeout(PATIENCE, function.frozen()).await.unwrap();
    let ledger = ledger(function, &response.request_id).unwrap();
    let number = |name: &str| ledger[name].as_u64().unwrap();
    assert!(number("delivered") > 10 && ledger["flush_outcome"] == "ok", "{ledger}");
    assert_eq!(number("created"), number("delivered") + number("folded"), "{ledger}");
    ledger
}

/// Resident memory in MiB.
#[derive(Clone, Copy)]
struct Held {
    function: f64,
    collector: f64,
}

impl Held {
    async fn by(function: &Environment) -> Self {
        let wrapper = children(std::process::id()).into_iter().filter(|pid| name(*pid).starts_with("collector-exten"));
        let collector = wrapper.flat_map(children).filter(|pid| name(*pid) == "collector").map(held_mib).sum();
        Self { function: held_mib(function.pid().await.unwrap()), collector }
    }

    fn all(self) -> f64 {
        self.function + self.collector
    }
}

fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

fn held_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() / 1_024.0
}

/// One cold start and one traced stream.
struct Sample {
    first_next_ms: f64,
    ready_ms: f64,
    idle: Held,
    after: Held,
}

impl Sample {
    async fn of(function: EnvironmentBuilder) -> Self {
        let function = function.start().await.unwrap();
        timeout(PATIENCE, function.frozen()).await.unwrap();
        let timeline = function.timeline();
        let at = |phase: &Phase| timeline.iter().find(|(_, other)| other == phase).unwrap().0;
        let ready = at(&Phase::Ready).since(&at(&Phase::Started(1)));
        let first_next = function.init_duration().unwrap();
        let idle = Held::by(&function).await;
        stream(&function).await;
        let after = Held::by(&function).await;
        function.shut_down().await.unwrap();
        Self { first_next_ms: ms(first_next), ready_ms: ms(ready), idle, after }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The median, and the smallest and the largest.
fn spread(values: impl Iterator<Item = f64>) -> String {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    format!("{:.1} ({:.1} to {:.1})", values[values.len() / 2], values[0], values[values.len() - 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_start_and_memory_with_either() {
    let both = Both::start(Duration::ZERO).await;
    let mut rounds = Vec::new();
    for _ in 0..STARTS {
        let [adot, xray] = both.functions();
        rounds.push((Sample::of(adot).await, Sample::of(xray).await));
    }
    let print = |what: &str, of: fn(&Sample) -> f64| {
        let (adot, xray) = rounds.iter().map(|(adot, xray)| (of(adot), of(xray))).unzip::<_, _, Vec<_>, Vec<_>>();
        let ratios = adot.iter().zip(&xray).map(|(adot, xray)| adot / xray);
        let ratios = spread(ratios);
        println!("=> {what}: adot {}, xray {}, ratio {ratios}", spread(adot.into_iter()), spread(xray.into_iter()));
    };
    print("first next, ms", |sample| sample.first_next_ms);
    print("ready, ms", |sample| sample.ready_ms);
    print("idle, MiB in all", |sample| sample.idle.all());
    print("idle, MiB of the function", |sample| sample.idle.function);
    print("after a stream, MiB in all", |sample| sample.after.all());
    print("after a stream, MiB of the function", |sample| sample.after.function);
    for (adot, xray) in &rounds {
        assert!(adot.idle.collector > 0.0 && adot.after.collector > 0.0 && xray.after.collector == 0.0);
        assert!(adot.after.all() > xray.after.all());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_with_either_by_how_far_away_x_ray_is() {
    for round_trip in [0, 5, 50].map(Duration::from_millis) {
        let both = Both::start(round_trip).await;
        let mut functions = Vec::new();
        for function in both.functions() {
            let function = function.start().await.unwrap();
            // The collector's first connection to X-Ray opens, which later ones go on with.
            stream(&function).await;
            functions.push((function, Vec::new()));
        }
        let mut spans = 0;
        for _ in 0..FLUSHES {
            for (function, flushes) in &mut functions {
                let ledger = stream(function).await;
                spans = ledger["delivered"].as_u64().unwrap();
                flushes.push(ledger["flush_ms"].as_f64().unwrap());
            }
        }
        let [(_, adot), (_, xray)] = &functions[..] else { panic!("two of them") };
        // The collector keeps its connection over a freeze; the function opens one, over TLS.
        assert!(adot.iter().all(|flush| *flush >= ms(round_trip)), "{adot:?}");
        assert!(xray.iter().all(|flush| *flush >= 3.0 * ms(round_trip)), "{xray:?}");
        let [adot, xray] = [adot, xray].map(|flushes| spread(flushes.iter().copied()));
        let away = round_trip.as_millis();
        println!("=> flush of {spans} spans, X-Ray {away} ms away: adot {adot} ms, xray {xray} ms");
    }
}
