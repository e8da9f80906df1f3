//! `verify` against a deployment of real parts: the binary in environments that freeze, behind its URL; the real collector; X-Ray, Lambda,
//! Logs and CloudWatch as they answer. Every check passes on a healthy one, and each verification of the requirement fails on the
//! fault that is planted behind the collector's back.

use bytes::Bytes;
use fake_aws_control::{Destination, LambdaForm};
use futures::{StreamExt, stream};
use http::Request;
use serde_json::{Value, json};
use sse_real::{
    deployment::Deployment,
    exchange::Upstream,
    fake_xray::REGION,
    fixture::Fixture,
    plan::{LogFormat, Plan},
    tool::service,
    xray_validator::XrayValidator,
};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};
use tokio::{process::Command, time::timeout};

const PATIENCE: Duration = Duration::from_mins(2);
const STREAM: Duration = Duration::from_millis(1_500);
const FUNCTION: &str = "stream";
const BARE: &str = "stream-bare";
/// Deployments with a fault at once: more of them wait than work.
const AT_ONCE: usize = 3;

async fn account() -> Fixture {
    let fixture = Fixture::start(XrayValidator::default()).await.unwrap();
    for number in 0..40 {
        let tickers = [["AAPL", "MSFT"], ["TSLA", "NVDA"]][number % 2];
        fixture.put_item(number, ["positive", "neutral", "negative"][number % 3], &tickers, 0);
    }
    fixture
}

/// Runs `verify`: its exit code, and its report.
async fn verify(fixture: &Fixture, url: &str, token: &str, flags: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(service());
    command.env_clear().env("AWS_ENDPOINT_URL", format!("http://{}", fixture.xray.address()));
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "none").env("SSE_VERIFY_TOKEN", token);
    command.args(["verify", "--url", url, "--region", REGION, "--json"]).args(flags).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report = serde_json::from_str(&text);
    (output.status.code(), report.unwrap_or_else(|_| panic!("{text} {}", String::from_utf8_lossy(&output.stderr))))
}

/// Each check with its verdict.
fn verdicts(report: &Value) -> BTreeMap<&str, &str> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.map(|check| (check["id"].as_str().unwrap(), check["verdict"].as_str().unwrap())).collect()
}

/// Every check there is passes, but for those that were not asked for.
fn passes((code, report): &(Option<i32>, Value), not_asked: &[&str]) {
    let verdicts = verdicts(report);
    let expected = |id: &str| if not_asked.contains(&id) { "not_applicable" } else { "pass" };
    let wrong: Vec<_> = verdicts.iter().filter(|(id, verdict)| **verdict != expected(id)).collect();
    assert!(wrong.is_empty(), "{wrong:?} {report:#}");
    assert_eq!(verdicts.len(), CHECKS.len());
    assert!(CHECKS.iter().all(|id| verdicts.contains_key(id)), "{verdicts:?}");
    assert_eq!((*code, &report["exit_code"]), (Some(0), &json!(0)));
}

/// As docs/verify.md lists them.
const CHECKS: [&str; 25] = [
    "streams-open",
    "spans-present",
    "spans-after-return",
    "no-orphans",
    "span-covers-iteration",
    "one-trace",
    "cold-start",
    "warm-isolation",
    "one-entry-per-call",
    "memory",
    "ledger",
    "nothing-refused",
    "one-service-node",
    "document-size",
    "no-wrapper",
    "service-names",
    "sampler",
    "tracing-active",
    "url-permissions",
    "response-streaming",
    "reserved-concurrency",
    "alarms",
    "resume",
    "log-lines",
    "first-event",
];

/// A function without a collector; one stream of it leaves its cold start in its log.
async fn bare(fixture: &Fixture) -> Deployment {
    let plan = Plan::new(BARE, Duration::from_millis(20)).var("SSE_TELEMETRY", "off");
    let bare = Deployment::with_collector(fixture, &plan).await.unwrap();
    let stream = Request::get("/api/v2/stream").header("accept", "text/event-stream").body(Bytes::new()).unwrap();
    let answer = timeout(PATIENCE, Upstream::new(bare.address()).send(stream)).await.unwrap();
    assert_eq!(answer.status(), 200);
    bare
}

/// The names of the test cases of a report, as a reader of XML that others wrote finds them.
async fn test_cases(file: &str) -> Vec<String> {
    let script = "import sys, xml.etree.ElementTree as E\nfor case in E.parse(sys.argv[1]).iter('testcase'): print(case.get('name'))";
    let output = timeout(PATIENCE, Command::new("python3").args(["-c", script, file]).output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// Rule: Verified.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_with_the_real_collector_passes_every_check() {
    let fixture = account().await;
    let token = fixture.put_configuration_with_token("c-1", &["AAPL", "MSFT"]);
    let deployed = Deployment::with_collector(&fixture, &Plan::new(FUNCTION, STREAM)).await.unwrap();
    let bare = bare(&fixture).await;
    let control = fixture.xray.control();
    let file = std::env::temp_dir().join(format!("verify-{}.xml", std::process::id()));
    let junit = file.to_string_lossy();
    let flags = ["--config", "c-1", "--token", "-", "--compare-function", BARE, "--since", "10m", "--junit", &junit];
    let all = verify(&fixture, &deployed.url(), &token, &[&flags[..], &["--invocations", "3"]].concat()).await;
    passes(&all, &[]);
    assert_eq!(test_cases(&junit).await, CHECKS.map(str::to_owned));
    std::fs::remove_file(&file).unwrap();

    // The same deployment, read in the other forms: one round each.
    control.set_lambda_form(LambdaForm::Flat);
    passes(&verify(&fixture, &deployed.url(), &token, &["--invocations", "1"]).await, &["cold-start"]);
    control.set_destination(Destination::CloudWatchLogs);
    passes(&verify(&fixture, &deployed.url(), &token, &["--invocations", "1"]).await, &["cold-start"]);
    assert_eq!((deployed.violations(), bare.violations()), (vec![], vec![]));
    let report = &all.1;
    println!(
        "=> {} checks passed on {} traces in {} ms, first event after {} ms in the median; and in Lambda's newer form, and out of Transaction Search",
        verdicts(report).len(),
        report["traces"].as_array().map_or(0, Vec::len),
        report["took_ms"],
        report["first_event_ms"]["median"],
    );
}

/// Rule: Verified.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_without_a_collector_passes_every_check() {
    let fixture = account().await;
    fixture.xray.control().set_destination(Destination::CloudWatchLogs);
    let plan = Plan { format: LogFormat::Json, ..Plan::new(FUNCTION, STREAM).var("SSE_TELEMETRY", "xray") };
    let deployed = Deployment::without_collector(&fixture, &plan).await.unwrap();
    passes(&verify(&fixture, &deployed.url(), "", &["--invocations", "3"]).await, &["cold-start"]);
    assert_eq!((deployed.violations(), fixture.tee.sent().len()), (vec![], 0));
    println!("=> the same with spans straight to X-Ray, and a log in JSON");
}

/// Rule: Verified.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_on_managed_instances_passes_every_check() {
    let fixture = account().await;
    let plan = Plan { format: LogFormat::Json, workers: Some(8), ..Plan::new(FUNCTION, STREAM) };
    let deployed = Deployment::with_collector(&fixture, &plan).await.unwrap();
    let not_asked = ["cold-start", "memory", "reserved-concurrency"];
    passes(&verify(&fixture, &deployed.url(), "", &["--invocations", "3"]).await, &not_asked);
    assert_eq!(deployed.violations(), Vec::<String>::new());
    println!("=> the same on Managed Instances, two environments of eight workers");
}

type Change = Box<dyn Fn(Value) -> Vec<Value> + Send + Sync>;

/// A fault, and the check that is there for it.
struct Fault {
    check: &'static str,
    what: &'static str,
    documents: Option<Change>,
    line: fn(String) -> String,
}

fn lost(
    check: &'static str,
    what: &'static str,
    change: impl Fn(Value) -> Vec<Value> + Send + Sync + 'static,
) -> Fault {
    Fault { check, what, documents: Some(Box::new(change)), line: |line| line }
}

fn without(names: &'static [&'static str]) -> impl Fn(Value) -> Vec<Value> {
    move |document| if names.iter().any(|name| document["name"] == *name) { vec![] } else { vec![document] }
}

fn changed(name: &'static str, change: impl Fn(&mut Value)) -> impl Fn(Value) -> Vec<Value> {
    move |mut document| {
        if document["name"] == name {
            change(&mut document);
        }
        vec![document]
    }
}

/// The streams of later invocations go into the trace of the first.
fn stale_context() -> impl Fn(Value) -> Vec<Value> + Send + Sync {
    let first = Mutex::new(None);
    changed("sse_stream", move |document| {
        let trace = first.lock().unwrap().get_or_insert_with(|| document["trace_id"].clone()).clone();
        document["trace_id"] = trace;
    })
}

fn twice(document: Value) -> Vec<Value> {
    let mut twin = document.clone();
    twin["id"] = format!("{:016x}", u64::from_str_radix(document["id"].as_str().unwrap(), 16).unwrap() ^ 0xff).into();
    if document["aws"]["operation"] == "Query" { vec![document, twin] } else { vec![document] }
}

/// The nine verifications of the requirement, in its order.
fn faults() -> [Fault; 9] {
    let log = |check, what, line| Fault { check, what, documents: None, line };
    [
        lost("spans-present", "spans of dispatches lost", without(&["sse_event_dispatch"])),
        lost("spans-after-return", "the last batch lost", without(&["connection_release", "sse_stream"])),
        lost(
            "no-orphans",
            "a parent that never came",
            changed("connection_acquire", |d| d["parent_id"] = "00000000deadbeef".into()),
        ),
        lost(
            "span-covers-iteration",
            "the stream's span ends as it begins",
            changed("sse_stream", |d| d["end_time"] = d["start_time"].clone()),
        ),
        lost("one-trace", "the handler phase lost", without(&["## handler"])),
        log("cold-start", "a layer that takes 10 s to start", |line| {
            line.replace("\tInit Duration: ", "\tInit Duration: 1000")
        }),
        lost("warm-isolation", "streams in the trace of the first", stale_context()),
        lost("one-entry-per-call", "a Query twice", twice),
        log("memory", "460 MB", |line| match line.split_once("Max Memory Used: ") {
            Some((before, used)) => {
                let after = used.trim_start_matches(|c: char| c.is_ascii_digit());
                format!("{before}Max Memory Used: 460{after}")
            }
            None => line,
        }),
    ]
}

/// What `verify` says of a deployment with this fault.
async fn with(fault: Fault) -> (Fault, Value, Option<i32>) {
    let fixture = account().await;
    let mut fault = fault;
    if let Some(change) = fault.documents.take() {
        fixture.proxy.tamper(change);
    }
    let plan = Plan { line: fault.line, ..Plan::new(FUNCTION, STREAM) };
    let deployed = Deployment::with_collector(&fixture, &plan).await.unwrap();
    let mut flags = vec!["--invocations", "3", "--patience", "6s"];
    let _bare = if fault.check == "cold-start" {
        flags.extend(["--compare-function", BARE, "--since", "10m"]);
        Some(bare(&fixture).await)
    } else {
        None
    };
    let (code, report) = verify(&fixture, &deployed.url(), "", &flags).await;
    (fault, report, code)
}

/// Rule: Verified.
#[tokio::test(flavor = "multi_thread")]
async fn each_verification_fails_on_its_fault() {
    let judged: Vec<_> = stream::iter(faults()).map(with).buffered(AT_ONCE).collect().await;
    let mut missed = Vec::new();
    for (fault, report, code) in &judged {
        let failed: Vec<_> =
            verdicts(report).into_iter().filter(|(_, verdict)| *verdict == "fail").map(|(id, _)| id).collect();
        println!("{}: {} fails {}", fault.check, fault.what, failed.join(", "));
        if !failed.contains(&fault.check) || *code != Some(1) {
            missed.push(format!("{}: {code:?} {report:#}", fault.check));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!("=> {} faults behind the collector, each fails the verification that is there for it", judged.len());
}
