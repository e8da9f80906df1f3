use super::*;
use lambda_trace::{
    AwsCall, CallError, Failure, Invocation, InvocationStart, ManualClock, Off, Phases, SpanKind, Timestamp,
    TraceConfig, TraceContext,
};
use lambda_trace_otlp::{
    XrayIds,
    testing::{Kept, START_MS, header},
};
use serde_json::Value as Json;
use std::{
    borrow::Cow,
    net::{Ipv4Addr, UdpSocket},
    sync::Arc,
};

/// How every lookup of an invocation ends: it finds nothing, or fails.
struct Users(Option<(Failure, &'static str, String)>);

fn report() -> AwsCall {
    AwsCall {
        service: "DynamoDB",
        operation: "GetItem",
        region: "eu-west-1".into(),
        table: Some("users".into()),
        request_id: Some("R1".into()),
        attempts: 3,
    }
}

/// One invocation with so many lookups.
fn invocation(handler: Arc<dyn HandlerTelemetry>, users: &Users, lookups: usize) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(START_MS)));
    let begin = InvocationStart {
        context: TraceContext::parse(Some(&header(1))),
        request_id: "request-1".into(),
        deadline: Timestamp::from_millis(START_MS + 60_000),
        is_cold_start: true,
    };
    let telemetry = Arc::new(Phases { handler, streaming: Arc::new(Off) });
    let tracing = TraceConfig::new(clock, Arc::new(XrayIds), telemetry, "tests");
    let invocation = Invocation::begin(begin, tracing);
    for _ in 0..lookups {
        let mut span = invocation.span("DynamoDB", SpanKind::Client);
        span.calling(&report());
        match &users.0 {
            None => span.returned(&report()),
            Some((failure, error_type, detail)) => span.failed(&CallError {
                failure: *failure,
                error_type: Cow::Borrowed(error_type),
                detail: detail.clone(),
                report: report(),
            }),
        }
    }
    let _ = futures::executor::block_on(invocation.answer());
}

fn document(users: &Users, lookups: usize) -> Json {
    let sink = Arc::<Kept>::default();
    invocation(sink.clone(), users, lookups);
    let mut told = std::mem::take(&mut *sink.handler.lock().expect("lock"));
    assert_eq!(told.len(), 1, "one document an invocation");
    let sent = document::datagram(told.remove(0));
    assert!(sent.len() <= document::DATAGRAM_BYTES_MAX);
    let text = String::from_utf8(sent).expect("UTF-8");
    let (first, rest) = text.split_once('\n').expect("two lines");
    assert_eq!(first, r#"{"format":"json","version":1}"#);
    assert!(!rest.contains('\n'));
    serde_json::from_str(rest).expect("JSON")
}

#[test]
fn a_handler_phase_is_one_subsegment_with_its_calls_nested() {
    let document = document(&Users(None), 1);
    assert_eq!((&document["name"], &document["type"]), (&"## handler".into(), &"subsegment".into()));
    assert_eq!(document["trace_id"], header(1)["Root=".len()..40]);
    assert_eq!(document["parent_id"], "53995c3f42cd8ad8");
    assert_eq!(
        (&document["annotations"]["ColdStart"], &document["annotations"]["Service"]),
        (&true.into(), &"tests".into())
    );
    assert_eq!(document["start_time"].as_f64(), Some(1_795_000_000.0));
    let nested = &document["subsegments"][0];
    assert_eq!((&nested["name"], &nested["namespace"]), (&"DynamoDB".into(), &"aws".into()));
    let aws = serde_json::json!({
        "operation": "GetItem", "region": "eu-west-1", "table_name": "users", "request_id": "R1", "retries": 2
    });
    assert_eq!(nested["aws"], aws);
    assert!(nested.get("fault").is_none() && nested.get("error").is_none());
}

#[test]
fn failures_are_blamed_on_who_is_to_blame() {
    for (error_type, flags) in [
        ("ProvisionedThroughputExceededException", [true, true, false]),
        ("ThrottlingException", [true, true, false]),
        ("ValidationException", [false, true, false]),
        ("AccessDeniedException", [false, true, false]),
        ("InternalServerError", [false, false, true]),
        ("TimedOut", [false, false, true]),
    ] {
        let text = "é".repeat(3_000);
        let document = document(&Users(Some((Failure::Faulted, error_type, text))), 1);
        let nested = &document["subsegments"][0];
        let found = ["throttle", "error", "fault"].map(|flag| nested[flag] == true);
        assert_eq!(found, flags, "{error_type}");
        let exception = &nested["cause"]["exceptions"][0];
        assert_eq!(exception["type"], error_type);
        assert_eq!(exception["message"].as_str().map(|m| m.chars().count()), Some(2_048));
    }
}

/// Rule: FR-058.
#[test]
fn a_document_that_is_too_large_loses_children_and_says_so() {
    let text = "\u{1}".repeat(2_048);
    let document = document(&Users(Some((Failure::Faulted, "X", text))), 20);
    let left = document["subsegments"].as_array().expect("children").len() as u64;
    let dropped = document["metadata"]["default"]["dropped_subsegments"].as_u64().expect("a count");
    assert!(left >= 1 && left + dropped == 20, "{left} {dropped}");
}

#[test]
fn a_daemon_that_is_not_there_is_no_reason_to_stop() {
    let daemon = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let address = daemon.local_addr().expect("an address");
    drop(daemon);
    let handler = XrayDaemon::new(DaemonAddress::Socket(address)).expect("a daemon");
    let send = || {
        let sink = Arc::<Kept>::default();
        invocation(sink.clone(), &Users(None), 1);
        handler.handler_phase(sink.handler.lock().expect("lock").remove(0));
    };
    send();
    send();
    let back = UdpSocket::bind(address).expect("the same address");
    send();
    let mut buffer = vec![0; 65_536];
    back.set_nonblocking(true).expect("a flag");
    let length = back.recv(&mut buffer).expect("the third document");
    assert!(buffer[..length].starts_with(b"{\"format\""));
    assert_eq!(handler.unsent(), 0);
}
