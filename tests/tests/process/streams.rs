//! Streams under DynamoDB's troubles, beside each other, up to a deadline; and how soon a write arrives.

use std::time::Duration;

use lambda_env::{AwsFault, Call, Deadline, On, Outcome, SseEvent, Stamp};

use crate::{
    audit,
    fixture::{Fixture, call, started, stream, within},
    turns,
};

async fn until(call: &mut Call, wanted: impl Fn(&SseEvent) -> bool) -> SseEvent {
    within(async {
        loop {
            let event = call.event().await.expect("the stream ended before");
            if wanted(&event) {
                return event;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_stream_goes_on_degraded_while_polls_fail_and_says_when_they_succeed_again() {
    let _turn = turns::shared().await;
    let degraded = |event: &SseEvent| event.name == "heartbeat" && event.json()["degraded"] == true;
    for fault in [AwsFault::AccessDenied, AwsFault::Garbage, AwsFault::HugeError(100_000)] {
        let fixture = Fixture::new().await;
        let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "4000")]).await;
        let mut running = within(environment.invoke(stream())).await.unwrap();
        until(&mut running, |event| event.name == "sentiment_update").await;
        fixture.aws.fault(On::operation("Query").partition("neutral"), fault);
        until(&mut running, degraded).await;
        // The partitions that are read show their changes all the same.
        fixture.write(9, "positive");
        until(&mut running, |event| event.json()["ticker"] == "T9").await;
        fixture.aws.clear_faults();
        until(&mut running, |event| event.name == "heartbeat" && event.json()["degraded"] == false).await;
        let response = within(running.finish()).await;
        assert_eq!(response.outcome, Some(Outcome::Complete));
        within(environment.frozen()).await;
        let evidence = fixture.evidence(&environment, vec![response], Vec::new());
        audit::passes(&evidence);
        let failed: Vec<_> = evidence.received.iter().map(|copy| &copy.span).filter(|span| span.status == 2).collect();
        assert!(!failed.is_empty(), "{fault:?}");
        for span in failed {
            assert_eq!(
                (span.name.as_str(), span.events.len(), span.events[0].name.as_str()),
                ("dynamodb_poll", 1, "exception")
            );
            let text = span.events[0].attributes["exception.message"].as_str().unwrap();
            assert!(text.chars().count() <= 2_048, "{} characters", text.chars().count());
        }
    }
}

#[tokio::test]
async fn aws_calls_go_through_the_proxy_that_the_environment_names() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let proxy = fixture.aws.endpoint();
    // No resolver knows this name, so an answer can only have come through the proxy.
    let variables = [("AWS_ENDPOINT_URL", "http://aws.invalid"), ("HTTP_PROXY", &proxy), ("SSE_STREAM_MAX_MS", "500")];
    let environment = fixture.start(&variables).await;
    let response = call(&environment, stream()).await;
    assert!(response.events().iter().any(|event| event.name == "sentiment_update"), "{:?}", response.events());
}

#[tokio::test]
async fn what_operators_add_to_the_resource_is_on_every_request() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "team=web,deployment.environment.name=a%20b");
    let environment = fixture.start(&[attributes, ("SSE_STREAM_MAX_MS", "300")]).await;
    call(&environment, stream()).await;
    within(environment.frozen()).await;
    let spans = fixture.collector.spans();
    assert!(!spans.is_empty());
    for copy in spans {
        assert_eq!(copy.span.resource["team"], "web");
        assert_eq!(copy.span.resource["deployment.environment.name"], "a b");
    }
}

#[tokio::test]
async fn a_write_reaches_the_client_within_two_poll_intervals() {
    let _turn = turns::alone().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "6000"), ("SSE_POLL_INTERVAL_MS", "300")]).await;
    let mut running = within(environment.invoke(stream())).await.unwrap();
    until(&mut running, |event| event.name == "sentiment_update").await;
    let mut times = Vec::new();
    for number in 6..12 {
        let written = Stamp::now();
        fixture.write(number, "positive");
        let ticker = format!("T{number}");
        until(&mut running, |event| event.json()["ticker"] == ticker.as_str()).await;
        times.push(written.elapsed());
        tokio::time::sleep(Duration::from_millis(37 * number)).await;
    }
    println!("write to client, 300 ms between polls: {times:?}");
    assert!(times.iter().all(|time| *time < Duration::from_millis(600)), "{times:?}");
}

#[tokio::test]
async fn two_streams_at_once_share_polls_and_nothing_else() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let environment =
        started(fixture.function().concurrency(2).var("SSE_MAX_CONNECTIONS", "2").var("SSE_STREAM_MAX_MS", "700"))
            .await;
    let one = within(environment.invoke(stream())).await.unwrap();
    let two = within(environment.invoke(stream())).await.unwrap();
    let (one, two) = within(async { tokio::join!(one.finish(), two.finish()) }).await;
    within(environment.frozen()).await;
    let evidence = fixture.evidence(&environment, vec![one, two], Vec::new());
    audit::passes(&evidence);
    let roots: Vec<_> = evidence.received.iter().filter(|copy| copy.span.name == "sse_stream").collect();
    assert_eq!(roots.len(), 2);
    assert!(roots.iter().any(|copy| copy.span.number("polls_shared") > Some(0)));
}

#[tokio::test]
async fn the_deadline_ends_a_stream_on_its_own_timer_while_polls_hang() {
    let _turn = turns::alone().await;
    let fixture = Fixture::new().await;
    fixture.aws.fault(On::operation("Query"), AwsFault::Hang);
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "0")]).await;
    let first = call(&environment, stream().deadline(Deadline::In(Duration::from_millis(2_500)))).await;
    let events = first.timed_events();
    let (at, last) = events.last().unwrap();
    assert_eq!((last.name.as_str(), first.outcome.clone()), ("deadline", Some(Outcome::Complete)));
    let left = first.before_deadline(at).unwrap();
    assert!((850..=1_000).contains(&left.as_millis()), "`deadline` {left:?} before it");
    assert!(first.before_deadline(&first.ended.unwrap()).unwrap() >= Duration::from_millis(500));
    // Heartbeats came on their own timer as well.
    assert!(events.iter().filter(|(_, event)| event.name == "heartbeat").count() >= 6);
    within(environment.frozen()).await;
    let evidence = fixture.evidence(&environment, vec![first], Vec::new());
    audit::passes(&evidence);
    // Given up in flight: neither a success nor a failure.
    let cancelled = evidence.received.iter().map(|copy| &copy.span).filter(|span| span.name == "dynamodb_poll");
    let cancelled: Vec<_> =
        cancelled.filter(|span| span.attributes.get("cancelled").is_some_and(|flag| flag == true)).collect();
    assert!(!cancelled.is_empty());
    assert!(cancelled.iter().all(|span| span.status == 0 && span.events.is_empty()));
}
