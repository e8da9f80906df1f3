//! Spans that were given up while the collector was down to the end: `replay` sends them from the log through the real collector,
//! and X-Ray has each of them once, under its own ids.

use lambda_env::{AwsFault, Environment, FunctionUrl, Invocation, On, Response, Span};
use serde_json::{Value, json};
use sse_real::{
    backend::ledger,
    fixture::Fixture,
    tool::{free_address, service},
    xray_validator::XrayValidator,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{process::Command, time::timeout};

const PATIENCE: Duration = Duration::from_mins(1);

/// Span ids, in order, by trace as X-Ray writes it.
type Ids = BTreeMap<String, Vec<String>>;

fn sorted(pairs: impl Iterator<Item = (String, String)>) -> Ids {
    let mut ids = Ids::new();
    for (trace, span) in pairs {
        ids.entry(trace).or_default().push(span);
    }
    ids.values_mut().for_each(|spans| spans.sort_unstable());
    ids
}

fn xray_trace(span: &Span) -> String {
    format!("1-{}-{}", &span.trace_id[..8], &span.trace_id[8..])
}

/// The spans that X-Ray has of these traces, but for those that did not come from the collector.
fn at_xray(fixture: &Fixture, traces: &Ids) -> Ids {
    let documents = traces.keys().flat_map(|trace| fixture.documents(trace));
    let others = ["## handler", "Initialization", "Invocation"];
    let spans = documents.filter(|d| d.json["type"] == "subsegment" && !others.contains(&d.text("name")));
    sorted(spans.map(|d| (d.text("trace_id").to_owned(), d.text("id").to_owned())))
}

/// Asserts that the lines of an invocation's ledger account for each span, and says how many were given up.
fn given_up(function: &Environment, response: &Response) -> u64 {
    let first = ledger(function, &response.request_id).unwrap();
    let number = |line: &Value, name: &str| line[name].as_u64().unwrap();
    let is_late =
        |line: &&Value| line["message"] == "telemetry ledger late" && line["request_id"] == response.request_id;
    let late: Vec<_> = function.log().json().iter().filter(is_late).cloned().collect();
    let (retained, logged) = (number(&first, "retained"), number(&first, "logged"));
    let settled: u64 = late.iter().map(|line| number(line, "logged")).sum();
    assert_eq!((number(&first, "delivered"), settled), (0, retained), "{first} {late:?}");
    assert_eq!(number(&first, "created"), retained + logged + number(&first, "folded"), "{first}");
    logged + settled
}

/// A file for the length of a test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("sse-real-replay-{}-{name}", std::process::id())))
    }

    fn with(name: &str, text: &str) -> Self {
        let scratch = Self::new(name);
        std::fs::write(&scratch.0, text).unwrap();
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs `replay` to the collector, and says what it said.
async fn replay(fixture: &Fixture, state: &Path, file: &Path) -> String {
    let mut program = Command::new(service());
    let to = format!("http://{}", fixture.collector.otlp());
    program.args(["replay", "--to", &to, "--state"]).arg(state).arg(file).env_clear().kill_on_drop(true);
    let output = timeout(PATIENCE, program.output()).await.unwrap().unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    said.into_owned()
}

/// Rule: Retention. Rule: X-Ray's word.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_comes_to_x_ray_once_under_its_own_ids() {
    let fixture = Fixture::start(XrayValidator::default()).await.unwrap();
    for number in 0..40 {
        fixture.put_item(number, ["positive", "neutral", "negative"][number % 3], &["AAPL", "MSFT"], 0);
    }
    let request = fixture.put_configuration("c-1", &["AAPL", "MSFT"]);
    // Nobody listens where the function expects its collector.
    let down = format!("http://{}", free_address().unwrap());
    let function = fixture.function().var("OTEL_EXPORTER_OTLP_ENDPOINT", &down).var("SSE_POLL_INTERVAL_MS", "100");
    let function = function.var("SSE_STREAM_MAX_MS", "1500").start().await.unwrap();
    fixture.aws.fault(On::operation("Query").partition("neutral").times(1), AwsFault::AccessDenied);
    let public = FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream");
    let call = function.invoke(Invocation::url(public)).await.unwrap();
    let first = timeout(PATIENCE, call.finish()).await.unwrap();
    timeout(PATIENCE, function.frozen()).await.unwrap();
    // The end of the environment finds a stream open, and the spans of the first one retained.
    let mut open = function.invoke(Invocation::url(request)).await.unwrap();
    for _ in 0..3 {
        timeout(PATIENCE, open.event()).await.unwrap().unwrap();
    }
    let (end, second) = tokio::join!(function.shut_down(), open.finish());
    let end = end.unwrap();
    assert!(end.terminated && !end.killed && end.exit.code == Some(0), "{end:?}");

    let lines = function.log().lines();
    let printed: Vec<_> = lines.iter().map(|line| Span::of_json(&line.text).unwrap().unwrap_or_default()).collect();
    let given = sorted(printed.iter().flatten().map(|span| (xray_trace(span), span.span_id.clone())));
    let responses = [&first, &second];
    let roots: Vec<_> = responses.iter().map(|response| response.trace.as_ref().unwrap().root.clone()).collect();
    for (response, root) in responses.iter().zip(&roots) {
        assert_eq!(given_up(&function, response), given[root].len() as u64, "{root}");
    }
    assert_eq!(given.len(), 2, "{given:?}");
    assert_eq!(at_xray(&fixture, &given), Ids::new(), "nothing came before");

    // First the beginning of the log, as somebody copied it; then all of it, as CloudWatch exports it; then all of it once more.
    let text = |count: usize| lines[..count].iter().map(|line| format!("{}\n", line.text)).collect::<String>();
    let spans = |count: usize| printed[..count].iter().map(Vec::len).sum::<usize>();
    let total = spans(lines.len());
    let half = (0..lines.len()).find(|count| spans(*count) * 2 >= total).unwrap();
    let event = |(number, line): (usize, &lambda_env::LogLine)| {
        let at = line.at.unix_ms();
        json!({"logStreamName": "2026/01/01/[$LATEST]0123456789abcdef", "timestamp": at, "message": line.text, "ingestionTime": at, "eventId": number.to_string()})
    };
    let events: Vec<_> = lines.iter().enumerate().map(event).collect();
    let export = serde_json::to_string_pretty(&json!({"events": events, "searchedLogStreams": []})).unwrap();
    let state = Scratch::new("state");
    let [beginning, export, all] = [("beginning", &text(half)), ("export", &export), ("all", &text(lines.len()))]
        .map(|(name, text)| Scratch::with(name, text));
    for (file, sent) in [(&beginning, spans(half)), (&export, total - spans(half)), (&all, 0)] {
        let said = replay(&fixture, &state.0, &file.0).await;
        assert!(said.contains(&format!("\n{sent} spans of ")), "{said}");
    }

    // The collector answers once the API has taken the documents.
    assert_eq!(at_xray(&fixture, &given), given, "the same ids, none twice, none missing");
    for root in &roots {
        // Parents, children and both phases are there: nothing of the trace is missing any more, and nothing was refused.
        assert_eq!(fixture.complaints(root).await, Vec::<String>::new());
        let shown = fixture.xray.ids(root).await.unwrap();
        let is_held = |id: &String| shown.iter().filter(|held| *held == id).count() == 1;
        assert!(given[root].iter().all(is_held), "{shown:?}");
    }
    println!("=> {total} spans of 2 traces given up, all of them at X-Ray, none twice in three runs of `replay`");
}
