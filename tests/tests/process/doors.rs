//! Requests that come through a front door: an API Gateway REST API that streams, and `CloudFront`, which signs its requests to
//! the Function URL. The events in `doors/` have every member that the two send, with names and addresses of examples.

use lambda_env::{Environment, Invocation, Outcome, Response};
use serde_json::Value;

use crate::{
    audit,
    fixture::{Fixture, call, token, within},
    turns,
};

const REST_STREAM: &str = include_str!("doors/rest-api-stream.json");
const REST_CONFIGURATION: &str = include_str!("doors/rest-api-configuration.json");
const CLOUDFRONT_STREAM: &str = include_str!("doors/cloudfront-stream.json");
const CLOUDFRONT_CONFIGURATION: &str = include_str!("doors/cloudfront-configuration.json");

/// An event with a token that is valid now.
fn event(text: &str) -> Value {
    serde_json::from_str(&text.replace("TOKEN", &token())).unwrap()
}

/// The same event with one header more, in both forms where it has two.
fn with_header(mut event: Value, name: &str, value: &str) -> Value {
    event["headers"][name] = value.into();
    if event["multiValueHeaders"].is_object() {
        event["multiValueHeaders"][name] = vec![value].into();
    }
    event
}

async fn streamed(environment: &Environment, event: Value) -> Response {
    let response = call(environment, Invocation::json(event)).await;
    assert_eq!(response.outcome, Some(Outcome::Complete));
    assert_eq!(response.prelude().unwrap().status, 200);
    assert!(response.has_separate_prelude());
    assert_eq!(response.events().last().unwrap().name, "done");
    response
}

fn tickers(response: &Response) -> Vec<String> {
    let events = response.events().into_iter().filter(|event| event.name == "sentiment_update");
    let mut names: Vec<_> = events.map(|event| event.json()["ticker"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn streams_resume_behind_either_door() {
    let _turn = turns::shared().await;
    for (stream, cursor_header) in [(REST_STREAM, "Last-Event-ID"), (CLOUDFRONT_STREAM, "last-event-id")] {
        let fixture = Fixture::new().await;
        let environment = fixture.start(&[]).await;
        let first = streamed(&environment, event(stream)).await;
        assert_eq!(tickers(&first), ["T0", "T1", "T2", "T3", "T4", "T5"]);
        let cursor = first.events().iter().rev().find_map(|event| event.id.clone()).unwrap();
        let second = streamed(&environment, with_header(event(stream), cursor_header, &cursor)).await;
        assert_eq!(tickers(&second), Vec::<String>::new(), "what has not changed is not sent again");
        within(environment.frozen()).await;
        audit::passes(&fixture.evidence(&environment, vec![first, second], Vec::new()));
    }
}

#[tokio::test]
async fn users_are_known_behind_either_door() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[]).await;
    let mut streams = Vec::new();
    for configuration in [REST_CONFIGURATION, CLOUDFRONT_CONFIGURATION] {
        let response = streamed(&environment, event(configuration)).await;
        assert_eq!(response.prelude().unwrap().headers["cache-control"], "no-store");
        assert_eq!(tickers(&response), ["T1", "T2"]);
        streams.push(response);
    }
    // CloudFront's signature is no token, and nobody's token is 401.
    let mut unsigned = event(CLOUDFRONT_CONFIGURATION);
    unsigned["headers"].as_object_mut().unwrap().remove("x-user-authorization");
    let refused = call(&environment, Invocation::json(unsigned)).await;
    assert_eq!(refused.prelude().unwrap().status, 401);
    within(environment.frozen()).await;
    audit::passes(&fixture.evidence(&environment, streams, vec![refused]));
}
