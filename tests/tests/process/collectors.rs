//! What a collector that fails costs the client, and what becomes of the spans.

use std::time::Duration;

use lambda_env::{Environment, Invocation, OtlpFault, Response};

use crate::{
    audit,
    fixture::{Fixture, call, config_stream, patience_over, stream, within},
    ledger::ParsedLog,
    turns,
};

/// From the last event to the end of the body.
fn tail(response: &Response) -> Duration {
    let events = response.timed_events();
    let (last, event) = events.last().unwrap();
    assert_eq!(event.name, "done");
    response.ended.unwrap().since(last)
}

async fn tails(environment: &Environment, responses: &mut Vec<Response>) -> Vec<Duration> {
    let mut tails = Vec::new();
    for _ in 0..9 {
        let response = call(environment, stream()).await;
        tails.push(tail(&response));
        responses.push(response);
        within(environment.frozen()).await;
    }
    tails.sort_unstable();
    tails
}

/// Rule: FR-055.
#[tokio::test]
async fn a_refused_connection_costs_the_client_less_than_100_ms() {
    let _turn = turns::alone().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "100")]).await;
    let mut responses = Vec::new();
    let healthy = tails(&environment, &mut responses).await;
    fixture.collector.set_fault(Some(OtlpFault::Refuse)).await.unwrap();
    let refused = tails(&environment, &mut responses).await;
    println!("last event to end of body: healthy {healthy:?}, refused {refused:?}");
    assert!(refused[4] < healthy[4] + Duration::from_millis(100));
    within(environment.shut_down()).await;
    audit::passes(&fixture.evidence(&environment, responses, Vec::new()));
}

/// Rule: FR-055.
#[tokio::test]
async fn a_hanging_collector_holds_the_body_for_500_ms_and_the_loop_for_its_limit() {
    let _turn = turns::alone().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "100"), ("SSE_FLUSH_TIMEOUT_MS", "1200")]).await;
    fixture.collector.set_fault(Some(OtlpFault::Hang)).await.unwrap();
    let mut responses = Vec::new();
    for _ in 0..3 {
        let response = call(&environment, stream()).await;
        within(environment.frozen()).await;
        let waited = tail(&response);
        let events = response.timed_events();
        let idle = environment.timeline().last().unwrap().0.since(&events.last().unwrap().0);
        println!("hanging: body {waited:?}, idle {idle:?} after the last event");
        assert!((450..650).contains(&waited.as_millis()), "{waited:?}");
        assert!((1_150..1_500).contains(&idle.as_millis()), "{idle:?}");
        let told = ParsedLog::read(&environment.log().lines());
        let ledger = told.ledger(&response.request_id);
        assert_eq!(
            (ledger.outcome.as_str(), (1_200..1_300).contains(&ledger.flush_ms)),
            ("timeout", true),
            "{ledger:?}"
        );
        responses.push(response);
        // Before that a flush sends nothing, and holds no body.
        patience_over().await;
    }
    within(environment.shut_down()).await;
    let figures = audit::passes(&fixture.evidence(&environment, responses, Vec::new()));
    assert_eq!(figures.logged + figures.folded, figures.created);
}

/// Rule: Retention.
#[tokio::test]
async fn a_collector_that_is_back_gets_what_was_retained_once_and_under_its_own_ids() {
    let _turn = turns::shared().await;
    // The carrier is a stream, a plain answer, or a stream that is not sampled itself.
    let carriers: [fn() -> (Invocation, bool); 4] = [
        || (stream(), true),
        || (Invocation::get("/api/v2/stream/status"), false),
        || (stream().unsampled(), true),
        || (config_stream().no_trace(), true),
    ];
    for carrier in carriers {
        let fixture = Fixture::new().await;
        let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "60")]).await;
        fixture.collector.set_fault(Some(OtlpFault::Refuse)).await.unwrap();
        let (mut streams, mut plain) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            streams.push(call(&environment, stream()).await);
            within(environment.frozen()).await;
        }
        let told = ParsedLog::read(&environment.log().lines());
        let retained: u64 = streams.iter().map(|response| told.ledger(&response.request_id).retained).sum();
        assert!(retained > 0 && fixture.collector.spans().is_empty());
        fixture.collector.set_fault(None).await.unwrap();
        patience_over().await;
        let (invocation, is_stream) = carrier();
        let response = call(&environment, invocation).await;
        within(environment.frozen()).await;
        if is_stream { &mut streams } else { &mut plain }.push(response);
        let figures = audit::passes(&fixture.evidence(&environment, streams.clone(), plain));
        assert_eq!((figures.retained, figures.logged, figures.duplicates), (retained, 0, 0));
        let late = ParsedLog::read(&environment.log().lines()).late;
        assert!(streams.iter().take(3).all(|response| late[&response.request_id].delivered > 0));
    }
}

#[tokio::test]
async fn with_a_healthy_collector_nothing_is_retained_resent_or_logged() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "150")]).await;
    let mut responses = Vec::new();
    for _ in 0..5 {
        responses.push(call(&environment, stream()).await);
        within(environment.frozen()).await;
    }
    let figures = audit::passes(&fixture.evidence(&environment, responses, Vec::new()));
    assert_eq!((figures.retained, figures.logged, figures.resent, figures.duplicates), (0, 0, 0, 0));
    assert_eq!(figures.delivered + figures.folded, figures.created);
}
