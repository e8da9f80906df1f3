//! The Telemetry API: what a subscriber is told, in which order, and when.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use lambda_env::{Deadline, Environment, Invocation, Outcome};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use crate::{call, extension, fixture, within};

/// Takes batches where a subscriber would, and refuses the first few.
struct Listener {
    address: SocketAddr,
    batches: Arc<Mutex<Vec<Vec<Value>>>>,
    changed: watch::Receiver<()>,
}

impl Listener {
    async fn start(refused: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let batches = Arc::<Mutex<Vec<Vec<Value>>>>::default();
        let (sender, changed) = watch::channel(());
        let taken = Arc::clone(&batches);
        let to_refuse = Arc::new(Mutex::new(refused));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (taken, to_refuse, sender) = (Arc::clone(&taken), Arc::clone(&to_refuse), sender.clone());
                let take = service_fn(move |request: Request<Incoming>| {
                    let (taken, to_refuse, sender) = (Arc::clone(&taken), Arc::clone(&to_refuse), sender.clone());
                    async move {
                        assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/telemetry"));
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let mut answer = Response::new(Full::<Bytes>::default());
                        let mut to_refuse = to_refuse.lock().unwrap();
                        if *to_refuse > 0 {
                            *to_refuse -= 1;
                            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                        } else {
                            taken.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
                            sender.send_replace(());
                        }
                        Ok::<_, Infallible>(answer)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), take));
            }
        });
        Self { address, batches, changed }
    }

    /// An environment whose extension subscribes for this listener.
    async fn environment(&self, types: &[&str]) -> Environment {
        let subscription = json!({
            "schemaVersion": "2022-12-13",
            "types": types,
            "buffering": {"maxItems": 1000, "maxBytes": 262_144, "timeoutMs": 25},
            "destination": {"protocol": "HTTP", "URI": format!("http://sandbox.localdomain:{}/telemetry", self.address.port())},
        });
        let builder = fixture().extension(extension()).extension_var("FIXTURE_TELEMETRY", &subscription.to_string());
        within(builder.start()).await.unwrap()
    }

    fn events(&self) -> Vec<Value> {
        self.batches.lock().unwrap().iter().flatten().cloned().collect()
    }

    /// Waits until an event of this type has come `count` times, and returns everything.
    async fn until(&self, kind: &str, count: usize) -> Vec<Value> {
        let of_kind = || self.events().iter().filter(|event| event["type"] == kind).count();
        within(self.changed.clone().wait_for(|()| of_kind() >= count)).await.unwrap();
        self.events()
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn last<'e>(events: &'e [Value], kind: &str) -> &'e Value {
    &events.iter().rev().find(|event| event["type"] == kind).unwrap()["record"]
}

#[tokio::test]
async fn a_subscriber_is_told_of_the_init_phase_and_of_each_invocation() {
    let listener = Listener::start(0).await;
    let environment = listener.environment(&["platform"]).await;
    let response = call(&environment, Invocation::get("/stream?n=3&ms=20")).await;
    let events = listener.until("platform.report", 1).await;
    let expected = [
        "platform.initStart",
        "platform.telemetrySubscription",
        "platform.initRuntimeDone",
        "platform.extension",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ];
    assert_eq!(types(&events), expected);
    let times: Vec<_> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let subscribed = last(&events, "platform.telemetrySubscription");
    assert_eq!(*subscribed, json!({"name": "fixture-extension", "state": "Subscribed", "types": ["platform"]}));
    let ready = last(&events, "platform.extension");
    assert_eq!(*ready, json!({"name": "fixture-extension", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}));
    assert!(last(&events, "platform.initReport")["metrics"]["durationMs"].as_f64().unwrap() > 0.0);

    let trace = response.trace.as_ref().unwrap();
    let tracing = json!({"spanId": trace.parent, "type": "X-Amzn-Trace-Id", "value": trace.to_string()});
    let start = last(&events, "platform.start");
    assert_eq!(*start, json!({"requestId": response.request_id, "version": "$LATEST", "tracing": tracing}));
    let done = last(&events, "platform.runtimeDone");
    assert_eq!((&done["requestId"], &done["status"]), (&json!(response.request_id), &json!("success")));
    assert_eq!(done["tracing"], tracing);
    let bytes: usize = response.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
    assert_eq!(done["metrics"]["producedBytes"], bytes);
    assert!(done["metrics"]["durationMs"].as_f64().unwrap() >= 40.0, "{done}");
    let spans: Vec<_> = done["spans"].as_array().unwrap().iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(spans, ["responseLatency", "responseDuration", "runtimeOverhead"]);
    let metrics = &last(&events, "platform.report")["metrics"];
    assert_eq!(metrics["memorySizeMB"], 512);
    assert!(metrics["maxMemoryUsedMB"].as_u64().unwrap() > 0 && metrics["initDurationMs"].is_number(), "{metrics}");

    // The second one has no init phase, and untraced it is told without a trace.
    call(&environment, Invocation::get("/stream?n=1").unsampled()).await;
    let events = listener.until("platform.report", 2).await;
    assert_eq!(types(&events[expected.len()..]), expected[5..]);
    assert!(last(&events, "platform.start")["tracing"].is_null());
    assert!(last(&events, "platform.report")["metrics"]["initDurationMs"].is_null());
    assert_eq!(environment.violations(), []);
}

#[tokio::test]
async fn the_runtime_is_done_when_it_asks_for_its_next_event() {
    let listener = Listener::start(0).await;
    let environment = listener.environment(&["platform"]).await;
    let response = call(&environment, Invocation::get("/late?ms=100")).await;
    let events = listener.until("platform.runtimeDone", 1).await;
    let worked = last(&events, "platform.runtimeDone")["metrics"]["durationMs"].as_f64().unwrap();
    assert!(worked >= 100.0, "work behind the answer counts: {worked} ms, answered after {:?}", response.duration());
}

#[tokio::test]
async fn failures_have_their_status() {
    let listener = Listener::start(0).await;
    let environment = listener.environment(&["platform"]).await;
    let broken = call(&environment, Invocation::get("/trailers")).await.outcome;
    assert!(matches!(broken, Some(Outcome::ErrorTrailers { .. })), "{broken:?}");
    let done = listener.until("platform.runtimeDone", 1).await;
    let done = last(&done, "platform.runtimeDone");
    assert_eq!((&done["status"], &done["errorType"]), (&json!("error"), &json!("Fixture.Broken")));
    let limit = Deadline::In(Duration::from_millis(200));
    call(&environment, Invocation::get("/sleep?ms=60000").deadline(limit)).await;
    let events = listener.until("platform.report", 2).await;
    assert_eq!(last(&events, "platform.runtimeDone")["status"], "timeout");
    assert_eq!(last(&events, "platform.report")["status"], "timeout");
    // A new process, whose extension subscribes anew.
    call(&environment, Invocation::get("/exit")).await;
    let events = listener.until("platform.report", 3).await;
    assert_eq!(types(&events).iter().filter(|kind| **kind == "platform.initStart").count(), 2);
    let failed = last(&events, "platform.runtimeDone");
    assert_eq!((&failed["status"], &failed["errorType"]), (&json!("failure"), &json!("Runtime.ExitError")));
}

#[tokio::test]
async fn lines_of_function_and_extensions_come_as_they_asked_for() {
    let listener = Listener::start(0).await;
    let environment = listener.environment(&["function"]).await;
    call(&environment, Invocation::get("/stream?n=1")).await;
    let events = listener.until("function", 1).await;
    assert!(events.iter().any(|event| event["record"] == "answered 202 Accepted\n"), "{events:#?}");
    assert!(types(&events).iter().all(|kind| *kind == "function"), "{events:#?}");
    let listener = Listener::start(0).await;
    let environment = listener.environment(&["extension"]).await;
    call(&environment, Invocation::get("/stream?n=1")).await;
    let events = listener.until("extension", 1).await;
    assert!(types(&events).iter().all(|kind| *kind == "extension"), "{events:#?}");
}

#[tokio::test]
async fn a_batch_that_is_refused_is_offered_again_and_given_up_in_the_end() {
    let listener = Listener::start(3).await;
    let environment = listener.environment(&["platform"]).await;
    let events = listener.until("platform.initReport", 1).await;
    assert_eq!(types(&events)[0], "platform.initStart");
    drop(environment);
    let listener = Listener::start(10).await;
    let environment = listener.environment(&["platform"]).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    call(&environment, Invocation::get("/stream?n=1")).await;
    let events = listener.until("platform.logsDropped", 1).await;
    assert!(last(&events, "platform.logsDropped")["droppedRecords"].as_u64().unwrap() > 0, "{events:#?}");
}

#[tokio::test]
async fn who_asks_for_what_cannot_be_is_told() {
    for (subscription, status) in [
        (json!({"types": ["platform"], "destination": {"protocol": "TCP", "port": 9}}), "202 Accepted"),
        (json!({"types": ["all"], "destination": {"protocol": "HTTP", "URI": "http://:9"}}), "400 Bad Request"),
    ] {
        let builder = fixture().extension(extension()).extension_var("FIXTURE_TELEMETRY", &subscription.to_string());
        let environment = within(builder.start()).await.unwrap();
        let said = within(environment.log().wait_for(|line| line.text.starts_with("subscribed: "))).await;
        assert_eq!(said.text, format!("subscribed: {status}"));
        assert_eq!(environment.violations().is_empty(), status.starts_with("202"));
    }
}
