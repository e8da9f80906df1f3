//! One trace, as X-Ray shows it: a configuration's stream, one of its calls failed. Asserted on the documents that X-Ray hands out, not on
//! our own spans: subsegments merged into the segment, a segment inferred from each AWS call, both forms of Lambda's own segment,
//! and the spans of Transaction Search.

use fake_aws_control::{Destination, LambdaForm};
use lambda_env::{AwsCall, AwsFault, Invocation, On, Outcome};
use serde_json::{Value, json};
use sse_real::{backend::ledger, fixture::Fixture, xray_validator::XrayValidator};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_mins(1);
/// Phases that Lambda draws itself, in both of its forms.
const PHASES: [&str; 3] = ["Initialization", "Init", "Invocation"];

fn of<'d>(documents: &'d [Value], name: &str) -> Vec<&'d Value> {
    documents.iter().filter(|document| document["name"] == name).collect()
}

/// What lies within a document, each entry by itself and with the entry that it lies under as its parent. What lies within a phase of
/// Lambda's lies under the segment itself.
fn within(document: &Value, parent: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for inner in document["subsegments"].as_array().into_iter().flatten() {
        if PHASES.iter().any(|phase| inner["name"] == *phase) {
            found.extend(within(inner, parent));
            continue;
        }
        let mut entry = inner.clone();
        entry.as_object_mut().unwrap().remove("subsegments");
        entry["parent_id"] = parent.clone();
        found.push(entry);
        found.extend(within(inner, &inner["id"]));
    }
    found
}

/// Calls by the id that all attempts of one share, each with the request ids of its attempts.
fn calls(calls: &[AwsCall], operation: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut by_call = BTreeMap::<_, BTreeSet<_>>::new();
    for call in calls.iter().filter(|call| call.operation == operation) {
        by_call.entry(call.sdk_call.clone().unwrap()).or_default().insert(call.request_id.clone());
    }
    by_call
}

/// Every call is one document, by its request id, and every document one call.
fn each_once(seen: &[AwsCall], documents: &[Value], service: &str, operation: &str) -> usize {
    let is_of = |d: &&Value| d["name"] == service && d["aws"]["operation"] == operation;
    let shown: Vec<_> = documents.iter().filter(is_of).collect();
    let made = calls(seen, operation);
    let ids: BTreeSet<_> = shown.iter().filter_map(|d| d["aws"]["request_id"].as_str()).collect();
    // A poll that the stream's end cancels is not answered, and has no request id; and the first error of its kind, which has a place
    // in the budget whatever else there is, may give its own up to fit there.
    let unanswered: Vec<_> = shown.iter().filter(|d| d["aws"]["request_id"].is_null()).collect();
    let may_lack_it = |d: &&&Value| d["metadata"]["default"]["cancelled"] == true || d["fault"] == true;
    assert!(unanswered.iter().all(may_lack_it), "{operation}: {unanswered:#?}");
    let unanswered = unanswered.len();
    assert_eq!(shown.len(), made.len(), "{operation}");
    assert_eq!(ids.len() + unanswered, made.len(), "{operation}: a request id twice");
    let is_missing = |attempts: &&BTreeSet<String>| !attempts.iter().any(|id| ids.contains(id.as_str()));
    let missing: Vec<_> = made.values().filter(is_missing).collect();
    assert_eq!(missing.len(), unanswered, "{operation} {missing:?} is in no document");
    assert!(shown.iter().all(|d| d["namespace"] == "aws"), "{operation}");
    made.len()
}

/// A trace as it was handed out: segments, those that X-Ray inferred, and what lies within the function's.
struct Shown {
    segments: Vec<Value>,
    inferred: Vec<Value>,
    ours: Vec<Value>,
}

impl Shown {
    fn new(documents: Vec<Value>) -> Self {
        let (inferred, segments): (Vec<_>, Vec<_>) = documents.into_iter().partition(|d| d["inferred"] == true);
        let ours = segments.iter().filter(|d| d["origin"] == "AWS::Lambda::Function").flat_map(|d| within(d, &d["id"]));
        Self { ours: ours.collect(), segments, inferred }
    }

    fn ids(&self) -> BTreeSet<String> {
        self.ours.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// One service: the only segments are Lambda's own two, and all else lies within the function's. Nothing stands alone.
fn one_service(shown: &Shown) {
    let origins: BTreeSet<_> = shown.segments.iter().map(|d| d["origin"].as_str().unwrap_or("none")).collect();
    assert_eq!(origins, ["AWS::Lambda", "AWS::Lambda::Function"].into(), "{:#?}", shown.segments);
    assert_eq!(shown.segments.len(), 2, "{:#?}", shown.segments);
    let ours = shown.ours.iter();
    let namespaces: BTreeSet<_> = ours.map(|d| (d["namespace"].as_str(), d["name"].as_str().unwrap())).collect();
    let internal = ["## handler", "connection_acquire", "connection_release", "sse_event_dispatch", "sse_stream"];
    let expected =
        internal.map(|name| (None, name)).into_iter().chain(["CloudWatch", "DynamoDB"].map(|n| (Some("aws"), n)));
    assert_eq!(namespaces, expected.collect());
}

/// X-Ray infers a node from each call, with the same request id: it lies under the call, and is no entry of its own.
fn inferred_once(shown: &Shown) {
    let request = |d: &Value| d["aws"]["request_id"].as_str().unwrap_or_default().to_owned();
    let calls = shown.ours.iter().filter(|d| d["namespace"] == "aws");
    let calls: BTreeSet<_> = calls.map(|d| (d["id"].as_str().unwrap().to_owned(), request(d))).collect();
    let inferred: Vec<_> =
        shown.inferred.iter().map(|d| (d["parent_id"].as_str().unwrap().to_owned(), request(d))).collect();
    assert_eq!(inferred.len(), calls.len());
    assert_eq!(inferred.into_iter().collect::<BTreeSet<_>>(), calls);
}

/// Rule: FR-001. Rule: FR-026. Rule: FR-027. Rule: FR-047. Rule: FR-060.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_one_trace_of_two_phases() {
    let fixture = Fixture::start(XrayValidator::default()).await.unwrap();
    for number in 0..40 {
        fixture.put_item(number, ["positive", "neutral", "negative"][number % 3], &["AAPL", "MSFT"], 0);
    }
    let request = fixture.put_configuration("c-1", &["AAPL", "MSFT"]);
    let function = fixture.function().var("SSE_POLL_INTERVAL_MS", "200").var("SSE_STREAM_MAX_MS", "1500");
    let function = function.var("SSE_HEARTBEAT_INTERVAL_MS", "500");
    let function = function.start().await.unwrap();
    // Not retried by the SDK; the stream goes on, degraded, and recovers.
    fixture.aws.fault(On::operation("Query").partition("neutral").times(1), AwsFault::AccessDenied);
    let call = function.invoke(Invocation::url(request)).await.unwrap();
    let response = timeout(PATIENCE, call.finish()).await.unwrap();
    assert_eq!(response.outcome, Some(Outcome::Complete));
    timeout(PATIENCE, function.frozen()).await.unwrap();
    let header = response.trace.as_ref().unwrap();
    assert_eq!(fixture.complaints(&header.root).await, Vec::<String>::new());

    let documents = fixture.xray.trace(&header.root).await.unwrap();
    assert!(documents.iter().all(|d| d["trace_id"] == json!(header.root)));
    let shown = Shown::new(documents);
    one_service(&shown);
    inferred_once(&shown);
    // What X-Ray hands out is what the judge let pass.
    let judged = fixture.documents(&header.root).into_iter().filter(|record| record.json["type"] == "subsegment");
    let judged: BTreeSet<_> = judged
        .flat_map(|record| {
            let nested = within(&record.json, &Value::Null);
            [vec![record.json], nested].concat().into_iter().map(|d| d["id"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(shown.ids(), judged);
    let ours = &shown.ours;

    // Both phases hang under the function's segment.
    let [stream] = of(ours, "sse_stream")[..] else { panic!("one stream") };
    let [handler] = of(ours, "## handler")[..] else { panic!("one handler") };
    assert_eq!((&stream["parent_id"], &handler["parent_id"]), (&json!(header.parent), &json!(header.parent)));
    let parents: BTreeMap<_, _> = ours
        .iter()
        .filter(|d| d["name"] == "DynamoDB")
        .map(|d| (d["aws"]["operation"].as_str().unwrap(), &d["parent_id"]))
        .collect();
    assert_eq!(parents, [("GetItem", &handler["id"]), ("Query", &stream["id"])].into());

    // Each call exactly once.
    let seen = fixture.aws.calls();
    let queries = each_once(&seen, ours, "DynamoDB", "Query");
    let lookups = each_once(&seen, ours, "DynamoDB", "GetItem");
    let puts = each_once(&seen, ours, "CloudWatch", "PutMetricData");
    assert_eq!(lookups, 1);
    assert!(queries >= 6 && puts >= 1, "{queries} queries, {puts} puts");
    assert_eq!(of(ours, "DynamoDB").len() + of(ours, "CloudWatch").len(), queries + lookups + puts);

    annotated(ours, stream, handler);
    the_receiver_agrees(&fixture, &header.root, ours, handler).await;
    let nodes = indexed(&fixture, &header.root).await;
    in_every_form(&fixture, &header.root, &shown).await;

    let (larger, compared) = fixture.underestimated();
    assert_eq!(larger, Vec::<String>::new());
    let ledger = ledger(&function, &response.request_id).unwrap();
    assert_eq!((&ledger["created"], &ledger["folded"]), (&ledger["delivered"], &json!(0)), "{ledger}");
    assert_eq!(ledger["delivered"], compared, "a span became no document");
    assert_eq!(function.violations(), []);
    println!(
        "=> {} entries of one trace, {} bytes, {} segments inferred, {nodes} nodes; {queries} Query, {lookups} GetItem, {puts} PutMetricData, each once; no size above its estimate",
        ours.len() + shown.segments.len(),
        fixture.proxy.judge().bytes(&header.root),
        shown.inferred.len(),
    );
}

/// Indexed, and the error with its cause.
fn annotated(ours: &[Value], stream: &Value, handler: &Value) {
    for (document, key, value) in [
        (stream, "end_reason", json!("stream_max")),
        (stream, "is_cold_start", json!(true)),
        (handler, "ColdStart", json!(true)),
        (handler, "Service", json!("sse-streaming")),
    ] {
        assert_eq!(document["annotations"][key], value, "{document:#}");
    }
    let is_bad = |d: &&Value| d["fault"] == true || d["error"] == true || d["throttle"] == true;
    let bad: Vec<_> = ours.iter().filter(is_bad).collect();
    let [failed] = bad[..] else { panic!("one call failed: {bad:#?}") };
    assert_eq!((&failed["name"], &failed["aws"]["operation"]), (&json!("DynamoDB"), &json!("Query")));
    assert!(failed["annotations"]["error_type"].as_str().unwrap().contains("AccessDenied"), "{failed:#}");
    let cause = &failed["cause"]["exceptions"][0];
    assert!(cause["type"].as_str().unwrap().contains("AccessDenied") && cause["message"].is_string(), "{failed:#}");
}

/// The collector's receiver for the daemon's protocol reads the same subsegments out of the handler's document.
async fn the_receiver_agrees(fixture: &Fixture, trace: &str, ours: &[Value], handler: &Value) {
    let read = fixture.second.trace(trace).await.unwrap();
    let (outer, inner): (Vec<_>, Vec<_>) = read.iter().map(|d| (d.clone(), within(d, &d["id"]))).unzip();
    let read: Vec<_> = outer.into_iter().chain(inner.concat()).filter(|d| d["inferred"] != true).collect();
    let tree = |all: &[Value]| {
        all.iter().map(|d| [&d["id"], &d["parent_id"], &d["name"]].map(Value::to_string)).collect::<BTreeSet<_>>()
    };
    let sent: Vec<_> = ours.iter().filter(|d| *d == handler || d["parent_id"] == handler["id"]).cloned().collect();
    assert_eq!(tree(&read), tree(&sent));
}

/// The service map has the function once for each of Lambda's two segments, and what it calls; the trace is found by its annotations. Says
/// how many nodes there are.
async fn indexed(fixture: &Fixture, trace: &str) -> usize {
    let services = fixture.xray.graph(trace).await.unwrap();
    let nodes: BTreeSet<_> =
        services.iter().map(|node| (node["Name"].as_str().unwrap(), node["Type"].as_str().unwrap())).collect();
    let called =
        [("items", "AWS::DynamoDB::Table"), ("users", "AWS::DynamoDB::Table"), ("CloudWatch", "AWS::CloudWatch")];
    let own = [("stream", "AWS::Lambda"), ("stream", "AWS::Lambda::Function")];
    assert_eq!(nodes, own.into_iter().chain(called).collect());
    assert_eq!(services.iter().filter(|node| node["Root"] == true).count(), 1, "{services:#?}");
    let summary = fixture.xray.summary(trace).await.unwrap().expect("the trace is indexed");
    let value = |key: &str| summary["Annotations"][key][0]["AnnotationValue"].clone();
    assert_eq!(value("end_reason"), json!({"StringValue": "stream_max"}), "{summary:#}");
    assert_eq!(value("ColdStart"), json!({"BooleanValue": true}), "{summary:#}");
    assert_eq!(summary["HasFault"], true, "a call failed: {summary:#}");
    nodes.len()
}

/// In the newer form of Lambda's segment the same entries lie under the same ones; with Transaction Search `BatchGetTraces` finds nothing,
/// and the same entries are spans.
async fn in_every_form(fixture: &Fixture, trace: &str, shown: &Shown) {
    let control = fixture.xray.control();
    control.set_lambda_form(LambdaForm::Flat);
    let flat = Shown::new(fixture.xray.trace(trace).await.unwrap());
    let phases: BTreeSet<_> = flat
        .segments
        .iter()
        .flat_map(|d| d["subsegments"].as_array().into_iter().flatten())
        .map(|d| d["name"].to_string())
        .collect();
    assert!(!phases.contains("\"Invocation\""), "{phases:?}");
    assert_eq!(flat.ours.len(), shown.ours.len());
    assert!(flat.ours.iter().all(|entry| shown.ours.contains(entry)));
    control.set_lambda_form(LambdaForm::AsSent);

    control.set_destination(Destination::CloudWatchLogs);
    assert_eq!(fixture.xray.trace(trace).await.unwrap(), Vec::<Value>::new());
    assert_eq!(fixture.xray.summary(trace).await.unwrap(), None);
    let spans = fixture.xray.retrieved(trace).await.unwrap();
    let spans: BTreeSet<_> = spans.iter().map(|span| span["spanId"].as_str().unwrap().to_owned()).collect();
    assert!(shown.ids().is_subset(&spans), "{spans:?}");
    control.set_destination(Destination::XRay);
}
