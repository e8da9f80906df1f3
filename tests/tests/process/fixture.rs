//! One function with its own sidecars: collector, X-Ray daemon, DynamoDB and CloudWatch. Short intervals; everything
//! else is the program's default. It judges nothing.

use std::time::Duration;

use jsonwebtoken::{EncodingKey, Header};
use lambda_env::{
    Environment, FakeAws, FunctionUrl, Invocation, Item, OtlpReceiver, Response, Stamp, TableSpec, TlsFront,
    XrayReceiver, environment::EnvironmentBuilder,
};
use serde_json::json;

use crate::{binary::binary, evidence::Evidence};

/// Far more than any step takes; a step that hangs fails instead.
const LIMIT: Duration = Duration::from_mins(1);
const SECRET: &str = "an HMAC secret of the tests, long enough";
/// Between polls, in milliseconds.
pub(crate) const POLL_MS: u64 = 50;

/// Until a collector that did not take spans is asked again: 10 s, unless it names another time.
pub(crate) async fn patience_over() {
    tokio::time::sleep(Duration::from_millis(10_200)).await;
}

/// Fails instead of waiting for ever.
pub(crate) async fn within<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, step).await.expect("a step hangs")
}

/// The sidecars of one function.
pub(crate) struct Fixture {
    /// What takes spans: a collector, or X-Ray's own endpoint.
    pub(crate) collector: OtlpReceiver,
    /// TLS before X-Ray's endpoint.
    pub(crate) front: Option<TlsFront>,
    pub(crate) daemon: XrayReceiver,
    pub(crate) aws: FakeAws,
}

impl Fixture {
    /// Spans go to a collector beside the function.
    pub(crate) async fn new() -> Self {
        Self::with(OtlpReceiver::start().unwrap(), None).await
    }

    /// Spans go to X-Ray's own endpoint, over TLS.
    pub(crate) async fn with_xray() -> Self {
        let endpoint = OtlpReceiver::start_as_xray().unwrap();
        let front = TlsFront::start(endpoint.address(), "AWS_ENDPOINT_URL_XRAY").await.unwrap();
        Self::with(endpoint, Some(front)).await
    }

    async fn with(collector: OtlpReceiver, front: Option<TlsFront>) -> Self {
        let fixture =
            Self { collector, front, daemon: XrayReceiver::start().await.unwrap(), aws: FakeAws::start().unwrap() };
        fixture.aws.create_table(TableSpec::new("items", "source_id").index("by_sentiment", "sentiment", "updated_at"));
        fixture.aws.create_table(TableSpec::new("users", "PK").sort("SK"));
        for number in 0..6 {
            fixture.write_any(number);
        }
        let configuration = Item::new().text("PK", "USER#u1").text("SK", "CONFIG#c1").text("status", "active");
        fixture.aws.put("users", configuration.texts("tickers", &["T1", "T2"]));
        fixture
    }

    /// Writes item `number`, as of now, with a sentiment that follows from the number.
    pub(crate) fn write_any(&self, number: u64) {
        let sentiment = match number % 3 {
            0 => "positive",
            1 => "neutral",
            _ => "negative",
        };
        self.write(number, sentiment);
    }

    /// Writes item `number`, as of now.
    pub(crate) fn write(&self, number: u64, sentiment: &str) {
        let score = match sentiment {
            "positive" => 0.5,
            "negative" => -0.5,
            _ => 0.0,
        };
        let item = Item::new().text("source_id", &format!("s{number}")).text("sentiment", sentiment);
        let item = item.text("updated_at", &date(Stamp::now().unix_ms())).number("score", score);
        assert!(self.aws.put("items", item.texts("matched_tickers", &[&format!("T{}", number % 12)])));
    }

    /// A function beside them, not started yet.
    pub(crate) fn function(&self) -> EnvironmentBuilder {
        match &self.front {
            None => self.alone().extension_present(),
            // Nobody else is an extension there: SIGTERM comes because the function registers itself.
            Some(_) => self.alone(),
        }
    }

    /// The same on Managed Instances, where nobody else registers: SIGTERM comes only if the function does.
    pub(crate) fn managed(&self, workers: usize) -> EnvironmentBuilder {
        self.alone().managed_instances(workers)
    }

    fn alone(&self) -> EnvironmentBuilder {
        let builder = Environment::builder(binary()).beside(&self.daemon).beside(&self.aws);
        let builder = match &self.front {
            None => builder.beside(&self.collector),
            Some(front) => builder.beside(front).var("SSE_TELEMETRY", "xray"),
        };
        builder
            .var("ENVIRONMENT", "test")
            .var("SENTIMENTS_TABLE", "items")
            .var("USERS_TABLE", "users")
            .var("SSE_JWT_SECRET", SECRET)
            .var("SSE_POLL_INTERVAL_MS", &POLL_MS.to_string())
            .var("SSE_HEARTBEAT_INTERVAL_MS", "200")
            .var("SSE_STREAM_MAX_MS", "300")
            .var("SSE_DEADLINE_MARGIN_MS", "1000")
            .var("SSE_FLUSH_TIMEOUT_MS", "1500")
    }

    /// Starts the function as it is described above, but for these variables.
    pub(crate) async fn start(&self, variables: &[(&str, &str)]) -> Environment {
        started(variables.iter().fold(self.function(), |builder, (name, value)| builder.var(name, value))).await
    }

    /// Everything that is known once these streams and plain answers are over.
    pub(crate) fn evidence(&self, environment: &Environment, streams: Vec<Response>, plain: Vec<Response>) -> Evidence {
        Evidence {
            streams,
            plain,
            received: self.collector.spans(),
            requests: self.collector.requests(),
            documents: self.daemon.documents(),
            lines: environment.log().lines(),
            timeline: environment.timeline(),
            violations: environment.violations(),
        }
    }
}

/// Starts an environment, and says why if it does not start.
pub(crate) async fn started(builder: EnvironmentBuilder) -> Environment {
    match within(builder.start()).await {
        Ok(environment) => environment,
        Err(error) => panic!("{error}: {:?}", error.failure),
    }
}

/// Invokes and waits for the whole answer.
pub(crate) async fn call(environment: &Environment, invocation: impl Into<Invocation> + Send) -> Response {
    within(async { environment.invoke(invocation).await.unwrap().finish().await }).await
}

/// A stream of everything.
pub(crate) fn stream() -> Invocation {
    Invocation::url(FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream"))
}

/// A stream of the one configuration that there is.
pub(crate) fn config_stream() -> Invocation {
    let url =
        FunctionUrl::get("/api/v2/configurations/c1/stream").header("authorization", &format!("Bearer {}", token()));
    Invocation::url(url.header("accept", "text/event-stream"))
}

/// A token of the user whose configuration that is.
pub(crate) fn token() -> String {
    let claims = json!({"sub": "u1", "exp": Stamp::now().unix_ms() / 1_000 + 600});
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap()
}

/// A date as items carry it.
pub(crate) fn date(unix_ms: u64) -> String {
    let nanos = i128::from(unix_ms) * 1_000_000;
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap();
    let (hour, minute, second) = at.to_hms();
    let date = at.date();
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{:03}Z", at.millisecond())
}
