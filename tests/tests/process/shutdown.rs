//! SIGTERM: the stream says `done`, the process exits with 0 within its 300 ms, and every span is received or in the log.
//! Rule: Retention.

use std::time::Duration;

use lambda_env::{Environment, OtlpFault, Outcome, Response, environment::Shutdown};

use crate::{
    audit,
    fixture::{Fixture, call, stream, within},
    ledger::ParsedLog,
    turns,
};

async fn stopped_in_mid_stream(fixture: &Fixture, environment: &Environment) -> (Response, Shutdown) {
    let mut running = within(environment.invoke(stream())).await.unwrap();
    for _ in 0..4 {
        within(running.event()).await.unwrap();
    }
    fixture.write(7, "positive");
    let (end, response) = tokio::join!(within(environment.shut_down()), within(running.finish()));
    (response, end.unwrap())
}

fn in_time(end: &Shutdown) {
    assert!(end.terminated && !end.killed && end.exit.code == Some(0), "{end:?}");
    assert!(end.duration < Duration::from_millis(300), "{end:?}");
}

#[tokio::test]
async fn in_mid_stream_with_a_collector_that_answers_every_span_is_delivered() {
    let _turn = turns::alone().await;
    for _ in 0..5 {
        let fixture = Fixture::new().await;
        let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "20000")]).await;
        let (response, end) = stopped_in_mid_stream(&fixture, &environment).await;
        in_time(&end);
        assert_eq!(response.outcome, Some(Outcome::Complete));
        let last = response.events().pop().unwrap();
        assert_eq!((last.name.as_str(), &last.json()["reason"]), ("done", &serde_json::json!("shutdown")));
        let figures = audit::passes(&fixture.evidence(&environment, vec![response], Vec::new()));
        assert_eq!((figures.delivered + figures.folded, figures.logged), (figures.created, 0));
    }
}

#[tokio::test]
async fn in_mid_stream_with_a_collector_that_fails_every_span_is_in_the_log() {
    let _turn = turns::alone().await;
    for fault in [OtlpFault::Hang, OtlpFault::Refuse, OtlpFault::Status(503), OtlpFault::Reset] {
        let fixture = Fixture::new().await;
        let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "20000")]).await;
        fixture.collector.set_fault(Some(fault)).await.unwrap();
        let (response, end) = stopped_in_mid_stream(&fixture, &environment).await;
        in_time(&end);
        assert_eq!(response.events().last().unwrap().name, "done", "{fault:?}");
        let figures = audit::passes(&fixture.evidence(&environment, vec![response], Vec::new()));
        assert_eq!(figures.logged + figures.folded, figures.created, "{fault:?}");
    }
}

#[tokio::test]
async fn an_idle_process_prints_what_it_retains() {
    let _turn = turns::alone().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "50")]).await;
    fixture.collector.set_fault(Some(OtlpFault::Refuse)).await.unwrap();
    let responses = vec![call(&environment, stream()).await, call(&environment, stream()).await];
    within(environment.frozen()).await;
    assert!(ParsedLog::read(&environment.log().lines()).printed.is_empty());
    in_time(&within(environment.shut_down()).await.unwrap());
    let figures = audit::passes(&fixture.evidence(&environment, responses, Vec::new()));
    assert!(figures.retained > 0 && figures.logged == figures.retained, "{figures:?}");
}
