//! Clients that stop reading or leave, and answers that the Runtime API refuses: the slot is released, its release is
//! recorded, and the next invocation is none the wiser.

use std::time::Duration;

use http::StatusCode;
use lambda_env::{Deadline, Environment, FunctionUrl, Invocation, Item, Outcome, Response, ResponseFault, Stamp, When};

use crate::{
    audit,
    fixture::{Fixture, call, date, started, stream, within},
    ledger::ParsedLog,
    turns,
};

/// A stream of little: where the window is small and the state is large, the rest of all of it would not pass before the end.
fn one_ticker() -> Invocation {
    Invocation::url(FunctionUrl::get("/api/v2/stream?tickers=M0X0").header("accept", "text/event-stream"))
}

/// Invokes once more, ends the environment, and judges everything. Returns why the first stream ended.
async fn aftermath(fixture: &Fixture, environment: &Environment, first: Response) -> String {
    let next = call(environment, one_ticker()).await;
    assert_eq!(next.outcome, Some(Outcome::Complete));
    assert_eq!(next.events().last().unwrap().name, "done");
    let first_beat = next.events()[0].json();
    assert_eq!(first_beat["connections"], 1, "the slot is taken still: {first_beat}");
    within(environment.frozen()).await;
    let id = first.request_id.clone();
    let trace = first.trace.clone().unwrap().trace_id();
    let end = within(environment.shut_down()).await.unwrap();
    assert_eq!((end.exit.code, end.killed), (Some(0), false));
    let evidence = fixture.evidence(environment, vec![first, next], Vec::new());
    audit::passes(&evidence);
    let released =
        |name: &str| evidence.received.iter().any(|copy| copy.span.trace_id == trace && copy.span.name == name);
    assert!(released("connection_release") && released("sse_stream"));
    ParsedLog::read(&evidence.lines).ends[&id][0].reason.clone()
}

#[tokio::test]
async fn a_cut_body_a_413_and_a_stale_answer_end_the_stream_at_once() {
    let _turn = turns::shared().await;
    let faults = [
        ("cut", stream().fault(When::AfterChunks(4), ResponseFault::Cut), Outcome::Cut),
        (
            "413",
            stream().fault(When::AfterChunks(4), ResponseFault::Refuse(StatusCode::PAYLOAD_TOO_LARGE)),
            Outcome::Refused(StatusCode::PAYLOAD_TOO_LARGE),
        ),
        ("stale", stream().stale(), Outcome::Refused(StatusCode::GONE)),
    ];
    for (name, invocation, outcome) in faults {
        let fixture = Fixture::new().await;
        let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "8000")]).await;
        // The second invocation ends by a deadline of its own.
        let first = call(&environment, invocation).await;
        assert_eq!(first.outcome, Some(outcome), "{name}");
        within(environment.frozen()).await;
        let over = environment.timeline().last().unwrap().0.since(&first.ended.unwrap());
        assert!(over < Duration::from_secs(2), "{name}: {over:?} until the environment was idle");
        let reason = aftermath_of_long(&fixture, &environment, first).await;
        assert_eq!(reason, "client_disconnected", "{name}");
    }
}

/// As [`aftermath`], for streams that have no end of their own within seconds.
async fn aftermath_of_long(fixture: &Fixture, environment: &Environment, first: Response) -> String {
    let next = call(environment, one_ticker().deadline(Deadline::In(Duration::from_millis(2_500)))).await;
    assert_eq!(
        (next.outcome.clone(), next.events().last().unwrap().name.as_str()),
        (Some(Outcome::Complete), "deadline")
    );
    assert_eq!(next.events()[0].json()["connections"], 1);
    within(environment.frozen()).await;
    let (id, trace) = (first.request_id.clone(), first.trace.clone().unwrap().trace_id());
    within(environment.shut_down()).await;
    let evidence = fixture.evidence(environment, vec![first, next], Vec::new());
    audit::passes(&evidence);
    assert!(evidence.received.iter().any(|copy| copy.span.trace_id == trace && copy.span.name == "connection_release"));
    ParsedLog::read(&evidence.lines).ends[&id][0].reason.clone()
}

#[tokio::test]
async fn a_client_that_leaves_is_streamed_to_the_end() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[]).await;
    let mut left = within(environment.invoke(stream())).await.unwrap();
    within(left.event()).await.unwrap();
    // Lambda reads on for a client that is gone, and tells the function nothing.
    let first = within(left.finish()).await;
    assert_eq!(aftermath(&fixture, &environment, first).await, "stream_max");
}

/// A state of several megabytes, more than any socket buffer takes.
fn much(fixture: &Fixture) {
    for item in 0..400 {
        let tickers: Vec<String> = (0..100).map(|ticker| format!("M{item}X{ticker}")).collect();
        let tickers: Vec<&str> = tickers.iter().map(String::as_str).collect();
        let row = Item::new().text("source_id", &format!("m{item}")).text("sentiment", "positive").number("score", 0.5);
        let row = row.text("updated_at", &date(Stamp::now().unix_ms())).texts("matched_tickers", &tickers);
        assert!(fixture.aws.put("items", row));
    }
}

#[tokio::test]
async fn a_client_that_stands_still_holds_up_neither_the_end_nor_the_next_invocation() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    much(&fixture);
    let environment = started(fixture.function().receive_buffer(4_096)).await;
    let invocation = stream().fault(When::AfterChunks(2), ResponseFault::StandStill);
    let first = call(&environment, invocation.deadline(Deadline::In(Duration::from_secs(4)))).await;
    assert_eq!(first.outcome, Some(Outcome::Truncated));
    let left = first.before_deadline(&first.ended.unwrap()).unwrap();
    assert!(left >= Duration::from_millis(300), "cut {left:?} before the deadline");
    let reason = aftermath(&fixture, &environment, first).await;
    assert_eq!(reason, "stream_max");
    let timed_out = |(_, phase): &(Stamp, lambda_env::Phase)| matches!(phase, lambda_env::Phase::TimedOut(_));
    assert!(!environment.timeline().iter().any(timed_out));
}

#[tokio::test]
async fn a_client_that_takes_nothing_for_thirty_seconds_is_dropped() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    much(&fixture);
    let environment = started(fixture.function().receive_buffer(4_096).var("SSE_STREAM_MAX_MS", "50000")).await;
    let invocation = stream().fault(When::AfterChunks(2), ResponseFault::StandStill);
    let first = call(&environment, invocation.deadline(Deadline::In(Duration::from_mins(1)))).await;
    let lasted = first.ended.unwrap().since(&first.delivered.unwrap());
    assert!((29..40).contains(&lasted.as_secs()), "dropped after {lasted:?}");
    assert_eq!(aftermath_of_long(&fixture, &environment, first).await, "client_disconnected");
}
