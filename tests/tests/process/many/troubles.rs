//! What goes wrong with one of many: its time limit, its answer, its connection to the Runtime API. The others, and the worker's
//! next invocation, are none the wiser.

use std::time::Duration;

use lambda_env::{AwsFault, Deadline, On, Outcome, ResponseFault, StaleConnections, Stamp, When};

use super::{each_finished, each_until, environment, open, slots};
use crate::{
    audit,
    fixture::{Fixture, config_stream, stream, within},
    turns,
};

fn limit(milliseconds: u64) -> Deadline {
    Deadline::In(Duration::from_millis(milliseconds))
}

/// Nobody else ends what passes its time limit there.
/// Rule: Many streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_passes_its_time_limit_ends_itself() {
    let _turn = turns::alone().await;
    let fixture = Fixture::new().await;
    let environment = environment(&fixture, 64, &[("SSE_STREAM_MAX_MS", "4000")]).await;
    fixture.aws.fault(On::operation("GetItem"), AwsFault::Hang);
    let mut streams = Vec::new();
    streams.extend(open(&environment, 20, || stream().deadline(limit(2_500))).await);
    let stands_still = || stream().fault(When::AfterChunks(4), ResponseFault::StandStill).deadline(limit(2_500));
    streams.extend(open(&environment, 10, stands_still).await);
    streams.extend(open(&environment, 10, || stream().stale()).await);
    let hanging = open(&environment, 10, || config_stream().deadline(limit(1_500))).await;
    let whole = open(&environment, 10, stream).await;
    let (streams, hanging, whole) = tokio::join!(each_finished(streams), each_finished(hanging), each_finished(whole));
    for response in &streams[..20] {
        let last = response.events().pop().unwrap();
        assert_eq!((last.name.as_str(), &response.outcome), ("deadline", &Some(Outcome::Complete)));
        let left = response.before_deadline(&response.ended.unwrap()).unwrap();
        assert!(left >= Duration::from_millis(450), "{left:?}");
    }
    for response in &streams[20..30] {
        assert!(response.outcome != Some(Outcome::TimedOut), "cut before its time limit: {:?}", response.outcome);
    }
    for response in &streams[30..] {
        assert_eq!(response.outcome, Some(Outcome::Refused(http::StatusCode::GONE)));
    }
    for response in &hanging {
        let Some(Outcome::Error { kind, .. }) = &response.outcome else { panic!("{:?}", response.outcome) };
        assert_eq!(kind, "Runtime.HandlerTimeout");
    }
    for response in &whole {
        assert_eq!(response.events().last().map(|event| event.name.clone()).as_deref(), Some("done"));
    }
    // Every worker asks again, and every slot is free.
    within(environment.idle()).await;
    let again = each_finished(open(&environment, slots(64), || stream().deadline(limit(2_500))).await).await;
    assert!(again.iter().all(|response| response.events().last().unwrap().name == "deadline"));
    within(environment.idle()).await;
    within(environment.shut_down()).await;
    let all: Vec<_> = streams.into_iter().chain(whole).chain(again).collect();
    audit::passes(&fixture.evidence(&environment, all, hanging));
}

/// Rule: Many streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_lose_the_runtime_api_go_on_with_new_connections() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let environment = environment(&fixture, 64, &[("SSE_STREAM_MAX_MS", "2000")]).await;
    let process = environment.pid().await;
    let cut = || stream().fault(When::AfterChunks(4), ResponseFault::Cut);
    let mut streams = each_finished(open(&environment, 20, cut).await).await;
    assert!(streams.iter().all(|response| response.outcome == Some(Outcome::Cut)));
    within(environment.idle()).await;
    for how in [StaleConnections::Reset, StaleConnections::Reset] {
        // At least one a worker: each waits for its next event over one.
        let lost = environment.runtime_api().make_connections_stale(how);
        assert!(lost >= 64, "{lost}");
        let began = Stamp::now();
        tokio::time::sleep(Duration::from_millis(20)).await;
        within(environment.idle()).await;
        println!("{lost} connections were reset; every worker asked again after {:?}", began.elapsed());
    }
    let mut calls = open(&environment, slots(64), stream).await;
    each_until(&mut calls, |event| event.name == "sentiment_update").await;
    streams.extend(each_finished(calls).await);
    within(environment.idle()).await;
    assert_eq!(environment.pid().await, process, "no new process");
    within(environment.shut_down()).await;
    audit::passes(&fixture.evidence(&environment, streams, Vec::new()));
}
