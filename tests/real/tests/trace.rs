//! One trace, as X-Ray would show it: a configuration's stream, one of its calls failed. Asserted on the documents that the
//! X-Ray API hands out, not on our own spans.

use lambda_env::{AwsCall, AwsFault, Invocation, On, Outcome};
use serde_json::{Value, json};
use sse_real::{backend::ledger, fixture::Fixture, xray_validator::XrayValidator};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_mins(1);

fn of<'d>(documents: &'d [Value], name: &str) -> Vec<&'d Value> {
    documents.iter().filter(|document| document["name"] == name).collect()
}

fn with_parent(inner: &Value, parent: &Value) -> Value {
    let mut inner = inner.clone();
    inner["parent_id"] = parent.clone();
    inner
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
    let ids: BTreeSet<_> = shown.iter().map(|d| d["aws"]["request_id"].as_str().unwrap_or_default()).collect();
    assert_eq!(shown.len(), made.len(), "{operation}");
    assert_eq!(ids.len(), made.len(), "{operation}: a request id twice");
    for attempts in made.values() {
        assert!(attempts.iter().any(|id| ids.contains(id.as_str())), "{operation} {attempts:?} is in no document");
    }
    assert!(shown.iter().all(|d| d["namespace"] == "aws"), "{operation}");
    made.len()
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
    let function = function.var("SSE_HEARTBEAT_INTERVAL_MS", "500").start().await.unwrap();
    // Not retried by the SDK; the stream goes on, degraded, and recovers.
    fixture.aws.fault(On::operation("Query").partition("neutral").times(1), AwsFault::AccessDenied);
    let call = function.invoke(Invocation::url(request)).await.unwrap();
    let response = timeout(PATIENCE, call.finish()).await.unwrap();
    assert_eq!(response.outcome, Some(Outcome::Complete));
    timeout(PATIENCE, function.frozen()).await.unwrap();
    let header = response.trace.as_ref().unwrap();
    assert_eq!(fixture.complaints(&header.root).await, Vec::<String>::new());

    // What the API hands out is what the judge let pass.
    let documents = fixture.api.trace(&header.root).await.unwrap();
    let ids = |all: &[Value]| all.iter().map(|d| d["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    let judged: Vec<_> = fixture.documents(&header.root).into_iter().map(|record| record.json).collect();
    assert_eq!(ids(&documents), ids(&judged));
    assert!(documents.iter().all(|d| d["trace_id"] == json!(header.root)));

    // One service: the only segments are Lambda's own two, and everything else is a subsegment within them.
    let (segments, mut ours): (Vec<_>, Vec<_>) = documents.iter().cloned().partition(|d| d["type"] != "subsegment");
    let origins: BTreeSet<_> = segments.iter().map(|d| d["origin"].as_str().unwrap_or("none")).collect();
    assert_eq!(origins, ["AWS::Lambda", "AWS::Lambda::Function"].into(), "{segments:#?}");
    // Phases that Lambda draws itself.
    ours.retain(|d| d["name"] != "Initialization" && d["name"] != "Invocation");
    let namespaces: BTreeSet<_> = ours.iter().map(|d| (d["namespace"].as_str(), d["name"].as_str().unwrap())).collect();
    let internal = ["## handler", "connection_acquire", "connection_release", "sse_event_dispatch", "sse_stream"];
    let expected =
        internal.map(|name| (None, name)).into_iter().chain(["CloudWatch", "DynamoDB"].map(|n| (Some("aws"), n)));
    assert_eq!(namespaces, expected.collect());

    // Subsegments within a document count like those by themselves.
    let nested =
        ours.iter().flat_map(|d| d["subsegments"].as_array().into_iter().flatten().map(move |inner| (d, inner)));
    let nested: Vec<_> = nested.map(|(outer, inner)| with_parent(inner, &outer["id"])).collect();
    ours.extend(nested);
    // Both phases hang under the function's segment.
    let [stream] = of(&ours, "sse_stream")[..] else { panic!("one stream") };
    let [handler] = of(&ours, "## handler")[..] else { panic!("one handler") };
    assert_eq!((&stream["parent_id"], &handler["parent_id"]), (&json!(header.parent), &json!(header.parent)));
    let parents: BTreeMap<_, _> = ours
        .iter()
        .filter(|d| d["name"] == "DynamoDB")
        .map(|d| (d["aws"]["operation"].as_str().unwrap(), &d["parent_id"]))
        .collect();
    assert_eq!(parents, [("GetItem", &handler["id"]), ("Query", &stream["id"])].into());

    // Each call exactly once.
    let seen = fixture.aws.calls();
    let queries = each_once(&seen, &ours, "DynamoDB", "Query");
    let lookups = each_once(&seen, &ours, "DynamoDB", "GetItem");
    let puts = each_once(&seen, &ours, "CloudWatch", "PutMetricData");
    assert_eq!(lookups, 1);
    assert!(queries >= 6 && puts >= 1, "{queries} queries, {puts} puts");
    assert_eq!(of(&ours, "DynamoDB").len() + of(&ours, "CloudWatch").len(), queries + lookups + puts);

    // Indexed, and the error with its cause.
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

    // The collector's receiver for the daemon's protocol reads the same subsegments out of the handler's document.
    let read = fixture.second.trace(&header.root).await.unwrap();
    let tree = |all: &[Value]| {
        all.iter().map(|d| (d["id"].clone(), d["parent_id"].clone(), d["name"].clone())).collect::<Vec<_>>()
    };
    let sent: Vec<_> = ours.iter().filter(|d| **d == *handler || d["parent_id"] == handler["id"]).cloned().collect();
    let (mut read, mut sent) = (tree(&read), tree(&sent));
    read.sort_by_key(|(id, ..)| id.to_string());
    sent.sort_by_key(|(id, ..)| id.to_string());
    assert_eq!(read, sent);

    let (larger, compared) = fixture.underestimated();
    assert_eq!(larger, Vec::<String>::new());
    let ledger = ledger(&function, &response.request_id).unwrap();
    assert_eq!((&ledger["created"], &ledger["folded"]), (&ledger["delivered"], &json!(0)), "{ledger}");
    assert_eq!(ledger["delivered"], compared, "a span became no document");
    assert_eq!(function.violations(), []);
    println!(
        "=> {} documents of one trace, {} bytes; {queries} Query, {lookups} GetItem, {puts} PutMetricData, each once; no size above its estimate",
        ours.len() + segments.len(),
        fixture.proxy.judge().bytes(&header.root),
    );
}
