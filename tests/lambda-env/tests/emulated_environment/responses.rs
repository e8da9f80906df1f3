//! What comes over the Runtime API, and what can be made to go wrong with it.

use std::time::Duration;

use http::StatusCode;
use lambda_env::{Deadline, FunctionUrl, Invocation, Outcome, ResponseFault, TraceHeader, When};

use crate::{awake, call, fixture, within};

#[tokio::test]
async fn prelude_nuls_and_events_arrive_as_the_chunks_they_were() {
    let environment = awake().await;
    let response = call(&environment, FunctionUrl::get("/stream?n=3")).await;
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert_eq!(response.chunks.len(), 5);
    assert_eq!(&response.chunks[1].bytes[..], &[0; 8]);
    assert!(response.has_separate_prelude());
    let prelude = response.prelude().unwrap();
    assert_eq!((prelude.status, prelude.cookies.as_slice()), (200, &["a=b".to_owned()][..]));
    assert_eq!(prelude.headers["content-type"], "text/event-stream");
    let events: Vec<_> = response.events().iter().map(|event| event.json()["n"].as_i64()).collect();
    assert_eq!(events, [Some(0), Some(1), Some(2)]);
    assert_eq!(environment.violations(), []);
}

#[tokio::test]
async fn chunks_are_seen_as_they_come_and_not_at_the_end() {
    let environment = awake().await;
    let mut running = environment.invoke(Invocation::get("/stream?n=3&ms=30")).await.unwrap();
    assert_eq!(within(running.prelude()).await.unwrap().status, 200);
    assert_eq!(within(running.event()).await.unwrap().json()["n"], 0);
    assert_eq!(running.so_far().outcome, None);
    let mut chunks = 0;
    while within(running.chunk()).await.is_some() {
        chunks += 1;
    }
    assert_eq!(chunks, 5);
    let response = within(running.finish()).await;
    let times = response.timed_events();
    assert_eq!((times[0].0, times[2].0), (response.chunks[2].at, response.chunks[4].at));
    assert!(response.before_deadline(&times[2].0).unwrap() > Duration::from_secs(20));
    let gap = times[2].0.since(&times[0].0);
    assert!(gap >= Duration::from_millis(50), "{gap:?}");
}

#[tokio::test]
async fn the_function_sees_the_event_the_trace_and_the_deadline_that_were_asked_for() {
    let environment = within(fixture().var("MINE", "1").without_var("TZ").start()).await.unwrap();
    let header =
        TraceHeader::parse("Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0").unwrap();
    let url = FunctionUrl::get("/context?a=b").header("X-Y", "z");
    let seen = |response: &lambda_env::Response| {
        let whole: serde_json::Value = serde_json::from_slice(&response.chunks[0].bytes).unwrap();
        assert_eq!(response.prelude().unwrap().status, 200);
        whole
    };
    let response = call(&environment, Invocation::url(url).trace(&header).deadline(Deadline::Constant(600_000))).await;
    let context = seen(&response);
    assert_eq!(context["body"]["trace"], header.to_string());
    assert_eq!(context["body"]["deadline"], "600000");
    assert_eq!(context["body"]["id"], response.request_id);
    assert_eq!(context["body"]["event"]["headers"]["x-y"], "z");
    let variables: Vec<_> =
        context["variables"].as_array().unwrap().iter().map(|pair| pair[0].as_str().unwrap()).collect();
    assert!(variables.contains(&"MINE") && variables.contains(&"AWS_LAMBDA_RUNTIME_API"));
    assert!(!variables.contains(&"TZ") && !variables.contains(&"HOME"), "{variables:?}");

    let response = call(&environment, Invocation::get("/context").no_trace()).await;
    assert_eq!(seen(&response)["body"]["trace"], "");
    let response = call(&environment, Invocation::get("/context").raw_trace("garbage")).await;
    assert_eq!(seen(&response)["body"]["trace"], "garbage");
    let response =
        call(&environment, Invocation::get("/context").deadline(Deadline::Past(Duration::from_secs(5)))).await;
    assert!(response.deadline_ms + 4_000 < response.delivered.unwrap().unix_ms());
}

#[tokio::test]
async fn errors_come_as_trailers_or_on_their_own_route() {
    let environment = awake().await;
    let response = call(&environment, FunctionUrl::get("/trailers")).await;
    let expected = Outcome::ErrorTrailers { kind: "Fixture.Broken".to_owned(), body: "e30=".to_owned() };
    assert_eq!(response.outcome, Some(expected));
    assert_eq!(response.events().len(), 1);
    let response = call(&environment, FunctionUrl::get("/nowhere")).await;
    assert!(matches!(response.outcome, Some(Outcome::Error { kind, .. }) if kind == "Fixture.NotFound"));
    assert_eq!(environment.violations(), []);
}

#[tokio::test]
async fn what_a_correct_runtime_does_not_do_is_recorded() {
    let environment = awake().await;
    call(&environment, FunctionUrl::get("/coalesced")).await;
    call(&environment, FunctionUrl::get("/twice")).await;
    within(environment.idle()).await;
    let violations: Vec<_> = environment.violations().into_iter().map(|violation| violation.what).collect();
    assert_eq!(
        violations,
        ["prelude and NUL bytes are not two chunks", "answered an invocation that is not under way"]
    );
}

#[tokio::test]
async fn a_body_that_the_function_breaks_off_is_truncated() {
    let environment = awake().await;
    let response = call(&environment, FunctionUrl::get("/truncated")).await;
    assert_eq!(response.outcome, Some(Outcome::Truncated));
    assert_eq!(response.events().len(), 1);
    assert_eq!(call(&environment, FunctionUrl::get("/stream?n=1")).await.outcome, Some(Outcome::Complete));
}

#[tokio::test]
async fn early_answers_reach_the_function_and_the_next_invocation_is_unaffected() {
    let environment = awake().await;
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    for when in [When::AtOnce, When::AfterChunks(4), When::AfterBytes(200), When::After(Duration::from_millis(20))] {
        let invocation = Invocation::get("/stream?n=1000&ms=5").fault(when, ResponseFault::Refuse(status));
        assert_eq!(call(&environment, invocation).await.outcome, Some(Outcome::Refused(status)), "{when:?}");
        assert_eq!(call(&environment, FunctionUrl::get("/stream?n=1")).await.outcome, Some(Outcome::Complete));
    }
    within(environment.log().wait_for(|line| line.text == "answered 413 Payload Too Large")).await;
    let stale = call(&environment, Invocation::get("/stream?n=1000&ms=5").stale()).await;
    assert_eq!(stale.outcome, Some(Outcome::Refused(StatusCode::GONE)));
    within(environment.log().wait_for(|line| line.text == "answered 410 Gone")).await;
    within(environment.idle()).await;
    assert_eq!(environment.violations(), []);
}

#[tokio::test]
async fn a_cut_connection_is_felt_by_the_function() {
    let environment = awake().await;
    let running = environment.invoke(Invocation::get("/stream?n=1000&ms=5")).await.unwrap();
    running.cut();
    assert_eq!(within(running.finish()).await.outcome, Some(Outcome::Cut));
    within(environment.log().wait_for(|line| line.text.starts_with("response failed"))).await;
    assert_eq!(call(&environment, FunctionUrl::get("/stream?n=1")).await.outcome, Some(Outcome::Complete));
}

#[tokio::test]
async fn a_reader_that_stands_still_stops_the_writer_until_it_goes_on() {
    let environment = within(fixture().receive_buffer(4_096).start()).await.unwrap();
    let mut running = environment.invoke(Invocation::get("/flood")).await.unwrap();
    running.stand_still();
    let written = || environment.log().lines().iter().filter(|line| line.text.starts_with("flood")).count();
    // Until the sockets are full; then not one chunk more.
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if written() == before && before > 0 {
            break;
        }
        before = written();
    }
    assert!(before < 1_000, "{before} chunks went into the sockets");
    let read = running.so_far().chunks.len();
    running.go_on();
    while running.so_far().chunks.len() < read + before {
        within(running.chunk()).await.unwrap();
    }
    running.stand_still();
    running.cut();
    assert_eq!(within(running.finish()).await.outcome, Some(Outcome::Cut));
    within(environment.log().wait_for(|line| line.text == "reader gone")).await;
}

#[tokio::test]
async fn a_slow_line_slows_the_writer_down() {
    let environment = within(fixture().receive_buffer(4_096).start()).await.unwrap();
    let slow = Invocation::get("/flood").fault(When::AfterChunks(3), ResponseFault::SlowDown(160 * 1_024));
    let running =
        environment.invoke(slow.fault(When::After(Duration::from_millis(500)), ResponseFault::Cut)).await.unwrap();
    let response = within(running.finish()).await;
    // 160 KiB in a second, 80 in half of it, and what was read before the line became slow.
    let bytes: usize = response.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
    assert!((70 * 1_024..160 * 1_024).contains(&bytes), "{bytes} bytes");
    assert_eq!(response.outcome, Some(Outcome::Cut));
}

#[tokio::test]
async fn a_caller_that_leaves_changes_nothing_for_the_function() {
    let environment = awake().await;
    drop(environment.invoke(Invocation::get("/stream?n=5&ms=5")).await.unwrap());
    within(environment.log().wait_for(|line| line.text == "answered 202 Accepted")).await;
}

#[tokio::test]
async fn slots_take_invocations_side_by_side() {
    let environment = within(fixture().concurrency(4).start()).await.unwrap();
    let mut running = Vec::new();
    for _ in 0..4 {
        let mut call = environment.invoke(Invocation::get("/stream?n=20&ms=5")).await.unwrap();
        within(call.event()).await.unwrap();
        running.push(call);
    }
    assert!(running.iter().all(|call| call.so_far().outcome.is_none()));
    for call in running {
        assert_eq!(within(call.finish()).await.events().len(), 20);
    }
    within(environment.frozen()).await;
    assert_eq!(environment.violations(), []);
}
