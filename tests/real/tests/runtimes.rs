//! Functions on the official runtimes in the emulated environment: if they are at home there, it is like Lambda in what they
//! use. They are the examples of `lambda-env`, installed by `tests/real/run runtimes`. What is expected of each is what AWS
//! documents: docs.aws.amazon.com/lambda/latest/dg, runtimes-custom.html (streaming responses), runtimes-api.html (errors),
//! urls-invocation.html (payload format 2.0), lambda-runtime-environment.html (init, freeze, shutdown, time limits).

use lambda_env::{
    Deadline, Environment, Freeze, FunctionUrl, Invocation, Outcome, Phase, Response, UrlOptions, UrlServer,
    environment::EnvironmentBuilder,
};
use sse_real::{exchange::Upstream, tool::tools};
use std::{fmt, path::PathBuf, time::Duration};

/// Far more than any step takes.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two events of an example: 50 ms.
const APART: Duration = Duration::from_millis(25);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Official {
    Rust,
    Node,
    Go,
    Python,
}

impl Official {
    fn function(self) -> EnvironmentBuilder {
        let folder = match self {
            Self::Rust => return Environment::builder(tools().join("../debug/examples/rust-stream")),
            Self::Node => "lambda-env-node",
            Self::Go => "lambda-env-go",
            Self::Python => "lambda-env-python",
        };
        let folder = tools().join(folder).canonicalize().unwrap();
        let node = tools().join("node-22.23.3/node_modules/node/bin");
        let path = [folder.join("bin"), node, PathBuf::from("/usr/local/bin"), "/usr/bin".into(), "/bin".into()];
        let path = path.map(|folder| folder.to_string_lossy().into_owned()).join(":");
        Environment::builder(folder.join("bootstrap"))
            .task_root(folder)
            .var("PATH", &path)
            .var("_HANDLER", self.handler())
    }

    const fn handler(self) -> &'static str {
        match self {
            Self::Node => "index.handler",
            Self::Python => "app.handler",
            Self::Rust | Self::Go => "bootstrap",
        }
    }

    /// Whether it can stream: the interface client for Python has no way to.
    fn streams(self) -> bool {
        self != Self::Python
    }
}

impl fmt::Display for Official {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

async fn within<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, step).await.expect("a step hangs")
}

async fn call(environment: &Environment, invocation: impl Into<Invocation> + Send) -> Response {
    within(async { environment.invoke(invocation).await.unwrap().finish().await }).await
}

/// The protocol, chunk by chunk, and what the environment does around it.
async fn is_at_home(runtime: Official) {
    let environment = within(runtime.function().init_timeout(LIMIT).start()).await.unwrap();
    for _ in 0..3 {
        let response = call(&environment, FunctionUrl::get("/stream")).await;
        assert_eq!(response.outcome, Some(Outcome::Complete), "{runtime}: {:?}", environment.log().lines());
        assert_eq!(response.prelude().unwrap().status, 200);
        if runtime.streams() {
            is_streamed(runtime, &response);
        } else {
            assert!(!response.headers.contains_key("lambda-runtime-function-response-mode"));
            assert!(response.duration().unwrap() > 2 * APART);
        }
        within(environment.frozen()).await;
        assert!(environment.is_stopped().await, "{runtime} is frozen once it waits for its next event");
    }
    // An error before the first byte goes to `/error`, or into the trailers of an empty body; the process stays.
    let pid = environment.pid().await;
    let failed = call(&environment, FunctionUrl::get("/nowhere")).await;
    let is_told = match &failed.outcome {
        Some(Outcome::Error { kind, .. }) => runtime != Official::Node && !kind.is_empty(),
        Some(Outcome::ErrorTrailers { kind, .. }) => runtime == Official::Node && kind == "Error",
        _ => false,
    };
    assert!(is_told, "{runtime}: {:?}", failed.outcome);
    assert_eq!(call(&environment, FunctionUrl::get("/stream")).await.outcome, Some(Outcome::Complete));
    assert_eq!(environment.pid().await, pid);
    // Past its time limit the environment is killed, and the next invocation is a cold start.
    let late = Invocation::get("/stream").deadline(Deadline::In(Duration::from_millis(70)));
    assert_eq!(call(&environment, late).await.outcome, Some(Outcome::TimedOut));
    assert_eq!(call(&environment, FunctionUrl::get("/stream")).await.outcome, Some(Outcome::Complete));
    let starts = environment.timeline().iter().filter(|(_, phase)| matches!(phase, Phase::Started(_))).count();
    assert_eq!(starts, 2);
    assert_eq!(environment.violations(), []);
    // Without a registered extension there is no SIGTERM.
    let end = within(environment.shut_down()).await.unwrap();
    assert_eq!((end.terminated, end.exit.signal), (false, Some(9)));
    let init = environment.init_duration().unwrap_or_default().as_millis();
    println!("=> {runtime}: {}, init {init} ms", if runtime.streams() { "streams" } else { "buffers" });
}

fn is_streamed(runtime: Official, response: &Response) {
    let header = |name: &str| response.headers.get(name).map(|value| value.to_str().unwrap().to_ascii_lowercase());
    // aws-lambda-go says it by its content type alone, and sends prelude and NUL bytes as one chunk.
    let is_go = runtime == Official::Go;
    let mode = header("lambda-runtime-function-response-mode");
    assert_eq!(mode.as_deref(), if is_go { None } else { Some("streaming") }, "{runtime}");
    let kind = header("content-type");
    assert_eq!(kind.as_deref(), Some("application/vnd.awslambda.http-integration-response"), "{runtime}");
    assert_eq!(response.has_separate_prelude(), !is_go, "{runtime}");
    assert_eq!(header("transfer-encoding").as_deref(), Some("chunked"), "{runtime}");
    let announced = header("trailer").unwrap_or_default();
    assert!(announced.contains("lambda-runtime-function-error-type"), "{runtime} announces {announced:?}");
    assert_eq!(response.prelude().unwrap().headers["content-type"], "text/event-stream");
    let events = response.timed_events();
    assert_eq!(events.len(), 3);
    let first_to_end = response.ended.unwrap().since(&events[0].0);
    assert!(first_to_end > 2 * APART, "{runtime}: the first event came {first_to_end:?} before the end");
    // lambda_runtime leaves Nagle's algorithm on, which holds an event until the one before it is acknowledged.
    for pair in events.windows(2).filter(|_| runtime != Official::Rust) {
        assert!(pair[1].0.since(&pair[0].0) > APART, "{runtime} sends each event when it is made");
    }
}

/// What callers of its URL get.
async fn is_offered(runtime: Official) {
    let builder = runtime.function().init_timeout(LIMIT).freeze(Freeze::AtIdle);
    let mut server = within(UrlServer::start(builder, UrlOptions::default())).await.unwrap();
    let upstream = Upstream::new(server.address());
    let ask = async |path: &str| {
        let request = http::Request::get(path).body(bytes::Bytes::new()).unwrap();
        within(upstream.send(request)).await
    };
    let answer = ask("/stream").await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    assert_eq!(answer.body().as_ref(), b"data: {\"n\":0}\n\ndata: {\"n\":1}\n\ndata: {\"n\":2}\n\n", "{runtime}");
    assert_eq!(ask("/nowhere").await.status().as_u16(), 502, "{runtime}");
    within(server.shut_down()).await;
    let mut phases = Vec::new();
    while let Ok(Some(notice)) = tokio::time::timeout(Duration::from_millis(200), server.notice()).await {
        if let lambda_env::notice::Event::Phase(phase) = notice.event {
            phases.push(phase);
        }
    }
    assert!(phases.contains(&Phase::Frozen) && phases.contains(&Phase::Thawed), "{phases:?}");
}

#[tokio::test]
async fn rust() {
    is_at_home(Official::Rust).await;
    is_offered(Official::Rust).await;
}

#[tokio::test]
async fn node() {
    is_at_home(Official::Node).await;
    is_offered(Official::Node).await;
}

#[tokio::test]
async fn go() {
    is_at_home(Official::Go).await;
    is_offered(Official::Go).await;
}

#[tokio::test]
async fn python() {
    is_at_home(Official::Python).await;
    is_offered(Official::Python).await;
}
