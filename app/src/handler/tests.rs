//! Every row of the contract's HTTP table, in memory, on a clock that stands still.

mod bench;

use bench::{Answer, Bench};
use http::{HeaderMap, Method};
use lambda_trace::{Clock, Failure};
use sse_adapters::memory::Fault;
use sse_core::{digest::Digest, names};
use std::time::Duration;

const CONFIGURED: &str = "/api/v2/configurations/c-1/stream";

fn with(headers: &[(&'static str, &str)]) -> HeaderMap {
    headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn bearer(token: &str) -> HeaderMap {
    with(&[("authorization", &format!("Bearer {token}"))])
}

#[test]
fn status_counts_slots() {
    let bench = Bench::new(3);
    let _open = bench.stream("/api/v2/stream", "", HeaderMap::new());
    let answer = bench.get("/api/v2/stream/status", "");
    assert_eq!(
        (answer.status, answer.json()),
        (200, serde_json::json!({"connections": 1, "max_connections": 3, "available": 2, "uptime_seconds": 0}))
    );
    bench.clock.advance(Duration::from_millis(61_500));
    assert_eq!(bench.get("//api/v2//stream/status", "").json()["uptime_seconds"], 61);
}

#[test]
fn the_handler_span_ends_when_the_handler_returns() {
    let bench = Bench::new(3);
    let began = bench.clock.now();
    let settle = bench.begun("/api/v2/stream/status");
    // However long the platform takes to accept the response.
    bench.clock.advance(Duration::from_secs(2));
    settle();
    let spans = bench.spans(names::HANDLER);
    assert_eq!((spans.len(), spans[0].end_us), (1, began.micros()));
}

#[test]
fn errors_are_json_with_a_detail() {
    let bench = Bench::new(3);
    for (answer, status) in [
        (bench.get("/", ""), 404),
        (bench.get("/api/v2/stream/", ""), 404),
        (bench.get("/_local/spans", ""), 404),
        (bench.ask(Method::HEAD, "/api/v2/stream", "", HeaderMap::new()), 405),
        (bench.ask(Method::POST, "/api/v2/stream/status", "", HeaderMap::new()), 405),
        (bench.ask(Method::DELETE, CONFIGURED, "", HeaderMap::new()), 405),
        (bench.ask(Method::POST, "/nowhere", "", HeaderMap::new()), 404),
        (bench.get(CONFIGURED, ""), 401),
    ] {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.json()["detail"].is_string(), "{}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.headers.get("allow").is_some_and(|a| a == "GET"), status == 405);
    }
    assert!(bench.spans(names::STREAM).is_empty());
}

#[test]
fn too_many_tickers_are_refused_before_a_slot_is_taken() {
    let bench = Bench::new(1);
    let many: Vec<_> = (0..101).map(|n| format!("T{n}")).collect();
    assert_eq!(bench.get("/api/v2/stream", &format!("tickers={}", many.join(","))).status, 400);
    assert!(bench.spans(names::ACQUIRE).is_empty());
}

#[test]
fn a_stream_begins_with_a_heartbeat() {
    let bench = Bench::new(1);
    let stream = bench.stream("/api/v2/stream", "tickers=aapl", HeaderMap::new());
    assert_eq!((stream.status, stream.header("content-type")), (200, "text/event-stream"));
    assert_eq!(stream.header("cache-control"), "no-cache, no-transform");
    assert_eq!(stream.header("x-accel-buffering"), "no");
    let first = stream.first_write();
    assert!(first.starts_with("event: heartbeat\nretry: "), "{first}");
    assert!(first.contains(r#""tickers":["AAPL"]"#), "{first}");
    assert!(first.contains("event: metrics\n") && first.contains("event: sentiment_update\n"), "{first}");
}

#[test]
fn what_the_client_holds_is_not_sent_again() {
    let bench = Bench::new(9);
    let id = |write: &str| write.lines().filter_map(|l| l.strip_prefix("id: ")).next_back().map(ToOwned::to_owned);
    let whole = bench.stream("/api/v2/stream", "", HeaderMap::new()).first_write();
    let id = id(&whole).expect("an id");
    assert!(Digest::parse(&id).is_some());
    for (query, headers) in [
        (String::new(), with(&[("last-event-id", &id)])),
        (format!("last_event_id={id}"), HeaderMap::new()),
        (format!("lastEventId={id}"), HeaderMap::new()),
    ] {
        let resumed = bench.stream("/api/v2/stream", &query, headers).first_write();
        assert!(!resumed.contains("sentiment_update"), "{query}: {resumed}");
    }
    let odd = bench.stream("/api/v2/stream", "last_event_id=odd", HeaderMap::new()).first_write();
    assert!(odd.contains("sentiment_update"), "{odd}");
}

#[test]
fn a_configuration_gives_the_tickers() {
    let bench = Bench::new(1);
    bench.tokens.put("good", "u-1");
    bench.configurations.put("u-1", "c-1", bench::tickers(&["AAPL"]));
    let stream = bench.stream(CONFIGURED, "tickers=MSFT", bearer("good"));
    assert_eq!(stream.header("cache-control"), "no-store");
    let first = stream.first_write();
    assert!(first.contains(r#""tickers":["AAPL"]"#) && !first.contains("event: metrics"), "{first}");
    let calls = bench.spans("DynamoDB");
    assert_eq!(calls.len(), 1);
    assert!(bench.telemetry.records().iter().all(|r| !format!("{r:?}").contains("good")), "no token in any span");
}

#[test]
fn a_configuration_without_tickers_shows_none() {
    let bench = Bench::new(1);
    bench.tokens.put("good", "u-1");
    bench.configurations.put("u-1", "c-1", Vec::new());
    let first = bench.stream(CONFIGURED, "user_token=good", HeaderMap::new()).first_write();
    assert!(first.contains(r#""tickers":[]"#) && !first.contains("sentiment_update"), "{first}");
}

#[test]
fn route_then_token_then_lookup_then_slot() {
    let bench = Bench::new(0);
    bench.tokens.put("good", "u-1");
    bench.configurations.put("u-2", "c-1", Vec::new());
    bench.configurations.put("u-1", "c-2", Vec::new());
    assert_eq!(bench.ask(Method::GET, CONFIGURED, "", bearer("bad")).status, 401);
    assert_eq!(bench.get(CONFIGURED, "user_token=bad").status, 401);
    assert_eq!(bench.configurations.calls(), 0);
    assert_eq!(bench.get(CONFIGURED, "").header("www-authenticate"), "Bearer");
    // Another user's, an absent one, and one with an id that cannot be a key.
    assert_eq!(bench.ask(Method::GET, CONFIGURED, "", bearer("good")).status, 404);
    let long = |bytes| format!("/api/v2/configurations/{}/stream", "x".repeat(bytes));
    assert_eq!(bench.ask(Method::GET, &long(1_018), "", bearer("good")).status, 404);
    assert_eq!(bench.configurations.calls(), 1);
    assert_eq!(bench.ask(Method::GET, &long(1_017), "", bearer("good")).status, 404);
    assert_eq!(bench.configurations.calls(), 2);
    // Only what passed all of that finds out that there is no slot.
    let taken = bench.ask(Method::GET, "/api/v2/configurations/c%2D2/stream", "", bearer("good"));
    assert_eq!(taken.status, 503);
    assert!(taken.headers.contains_key("retry-after"));
}

#[test]
fn trouble_with_the_users_table_is_not_an_absent_configuration() {
    let bench = Bench::new(1);
    bench.tokens.put("good", "u-1");
    bench.configurations.set_fault(Some(Fault::Fail(Failure::Throttled)));
    let answer = bench.ask(Method::GET, CONFIGURED, "", bearer("good"));
    assert_eq!((answer.status, answer.json()["detail"].as_str()), (503, Some("the configuration could not be read")));
    let calls = bench.spans("DynamoDB");
    assert_eq!(calls.len(), 1);
    assert!(calls[0].error.is_some());
    assert!(bench.spans(names::STREAM).is_empty());
}

#[test]
fn without_a_users_table_there_are_no_configurations() {
    let bench = Bench::without_users(1);
    bench.tokens.put("good", "u-1");
    assert_eq!(bench.get(CONFIGURED, "").status, 401);
    assert_eq!(bench.ask(Method::GET, CONFIGURED, "", bearer("good")).status, 404);
}

#[test]
fn a_browser_without_a_slot_is_told_to_come_back() {
    let bench = Bench::new(0);
    for seed in 0..20 {
        let busy = bench.ask(Method::GET, "/api/v2/stream", "", with(&[("accept", "text/event-stream")]));
        assert_eq!((busy.status, busy.header("content-type")), (200, "text/event-stream"));
        let retry: u64 = busy.body.lines().find_map(|l| l.strip_prefix("retry: ")).unwrap().parse().unwrap();
        assert!((5_000..=30_000).contains(&retry), "{seed}: {retry}");
        let expected =
            format!("event: busy\nretry: {retry}\ndata: {{\"reason\":\"max_connections\",\"retry_ms\":{retry}}}\n\n");
        assert_eq!(busy.body, expected);
    }
}

#[test]
fn anybody_else_without_a_slot_gets_a_503() {
    let bench = Bench::new(0);
    let refused = bench.get("/api/v2/stream", "");
    let retry: u64 = refused.header("retry-after").parse().unwrap();
    assert!(refused.status == 503 && (5..=30).contains(&retry));
    assert!(refused.json()["detail"].is_string());
}

#[test]
fn a_refused_stream_has_its_two_spans_and_no_others() {
    let bench = Bench::new(0);
    bench.get("/api/v2/stream", "");
    let mut found: Vec<_> = bench.telemetry.records().iter().map(|r| r.name).collect();
    found.sort_unstable();
    assert_eq!(found, [names::HANDLER, names::ACQUIRE, names::STREAM]);
    let stream = &bench.spans(names::STREAM)[0];
    assert_eq!(stream.attributes["end_reason"], "rejected");
    assert!(stream.is_delivered, "flushed before the next event is asked for");
}

#[test]
fn a_dropped_reader_ends_the_stream_and_gives_its_slot_back() {
    let bench = Bench::new(1);
    let stream = bench.stream("/api/v2/stream", "", HeaderMap::new());
    stream.first_write();
    assert_eq!(bench.get("/api/v2/stream", "").status, 503);
    assert_eq!(stream.hang_up(), "client_disconnected");
    assert_eq!(bench.get("/api/v2/stream/status", "").json()["available"], 1);
    assert_eq!(bench.spans(names::RELEASE).len(), 1);
}

#[test]
fn what_a_client_says_of_itself_stands_in_its_span() {
    let bench = Bench::new(1);
    let headers = with(&[("x-sse-session-id", "s-1"), ("x-sse-connection-seq", "2")]);
    bench.stream("/api/v2/stream", "sse_previous_trace=t-0", headers).hang_up();
    let stream = &bench.spans(names::STREAM)[0];
    for (key, value) in [("session_id", "s-1"), ("connection_sequence", "2"), ("previous_trace_id", "t-0")] {
        assert_eq!(stream.attributes[key], value);
    }
}

#[test]
fn an_unsampled_request_leaves_nothing() {
    let bench = Bench::new(1);
    let Answer { status, .. } = bench.ask_untraced("/api/v2/stream/status");
    assert_eq!((status, bench.telemetry.records().len()), (200, 0));
}
