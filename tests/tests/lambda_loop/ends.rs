//! The end of a stream, by the clock.

use crate::bench::{Setup, table_of, within};
use lambda_env::{Deadline, FunctionUrl, Invocation, Outcome, ResponseFault, When};
use std::{sync::Arc, time::Duration};

fn stream() -> Invocation {
    Invocation::url(FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream"))
}

fn endless() -> Setup {
    Setup { stream_max_ms: 0, ..Setup::default() }
}

#[tokio::test]
async fn the_deadline_comes_by_its_own_timer() {
    // Polls are 5 s apart, so no poll brings this one.
    let function = endless().start();
    let deadline = Duration::from_millis(2_000);
    let response = function.whole(stream().deadline(Deadline::In(deadline))).await;
    assert_eq!(response.outcome, Some(Outcome::Complete));
    let last = response.events().pop().expect("an event");
    assert_eq!((last.name.as_str(), last.json()["reason"].as_str()), ("deadline", Some("lambda_deadline")));
    let took = response.duration().expect("an end");
    assert!((Duration::from_millis(950)..Duration::from_millis(1_500)).contains(&took), "{took:?}");
    function.goes_on().await;
}

#[tokio::test]
async fn a_deadline_that_is_near_leaves_time_for_two_events() {
    let function = endless().start();
    let response = function.whole(stream().deadline(Deadline::In(Duration::from_millis(900)))).await;
    let events = response.events();
    assert_eq!(events.first().map(|event| event.name.as_str()), Some("heartbeat"));
    assert_eq!(events.last().map(|event| event.name.as_str()), Some("deadline"));
    assert!(response.duration().is_some_and(|took| took < Duration::from_millis(400)));
    function.goes_on().await;
}

#[tokio::test]
async fn however_near_the_deadline_is_there_is_an_answer() {
    let function = endless().start();
    for ms in [620, 300] {
        let near = Deadline::In(Duration::from_millis(ms));
        let streamed = function.whole(stream().deadline(near)).await;
        let names: Vec<_> = streamed.events().into_iter().map(|event| event.name).collect();
        assert_eq!(names, ["heartbeat", "deadline"], "{ms} ms");
        let plain = function.whole(Invocation::get("/nowhere").deadline(near)).await;
        assert_eq!(plain.prelude().map(|prelude| prelude.status), Some(404), "{ms} ms");
    }
    function.goes_on().await;
}

#[tokio::test]
async fn a_deadline_in_the_past_is_unknown() {
    let function = Setup::default().start();
    for deadline in [Deadline::Constant(600_000), Deadline::Past(Duration::from_secs(5))] {
        let response = function.whole(stream().deadline(deadline)).await;
        assert_eq!(response.events().last().map(|event| event.name.clone()).as_deref(), Some("done"));
    }
    function.goes_on().await;
}

#[tokio::test]
async fn a_reader_that_stands_still_is_cut_before_the_deadline() {
    let setup = Setup { receive_buffer: Some(2_048), ..endless() };
    let function = setup.start();
    let deadline = Duration::from_millis(2_500);
    let call = function
        .invoke(stream().deadline(Deadline::In(deadline)).fault(When::AfterChunks(2), ResponseFault::StandStill));
    let idle = async {
        let start = lambda_env::Stamp::now();
        // Not idle at once: the event has to be taken first.
        while function.telemetry.records().is_empty() {
            tokio::task::yield_now().await;
        }
        function.api.idle().await;
        start.elapsed()
    };
    let took = within(idle).await;
    assert!(took < deadline, "`next` comes before the deadline: {took:?}");
    let spans = function.spans("sse_stream");
    assert_eq!((spans.len(), &spans[0].attributes["end_reason"]), (1, &"deadline".into()));
    drop(call);
}

#[tokio::test]
async fn a_reader_that_stands_still_when_its_stream_ends_holds_the_invocation_for_seconds() {
    let setup = Setup { receive_buffer: Some(2_048), poller: Some(Arc::new(table_of(20_000))), ..Setup::default() };
    let function = setup.start();
    let deadline = Deadline::In(Duration::from_secs(60));
    let call = function.invoke(stream().deadline(deadline).fault(When::AfterChunks(2), ResponseFault::StandStill));
    let idle = async {
        let start = lambda_env::Stamp::now();
        while function.telemetry.records().is_empty() {
            tokio::task::yield_now().await;
        }
        function.api.idle().await;
        start.elapsed()
    };
    let took = within(idle).await;
    // 0.3 s of stream, 1 s to take its last event, 3 s of grace.
    assert!((Duration::from_secs(3)..Duration::from_secs(6)).contains(&took), "{took:?}");
    drop(call);
}

#[tokio::test]
async fn a_shutdown_ends_streams_with_done() {
    let function = endless().start();
    let mut call = function.invoke(stream());
    within(call.event()).await.expect("an event");
    let start = lambda_env::Stamp::now();
    let service = function.service.clone();
    service.ports.shutdown.ask();
    let response = within(call.finish()).await;
    let last = response.events().pop().expect("an event");
    assert_eq!((last.name.as_str(), last.json()["reason"].as_str()), ("done", Some("shutdown")));
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert!(function.ended().await.is_ok());
    assert!(start.elapsed() < Duration::from_millis(275), "{:?}", start.elapsed());
}
