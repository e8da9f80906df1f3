//! The official runtime in this environment: a second opinion on both. The function is this very program, started again with
//! one test, because a dependency of tests alone can be used by no other program of the package.

use std::time::Duration;

use lambda_env::{Environment, FunctionUrl, Outcome};
use lambda_runtime::{
    Error, LambdaEvent, service_fn,
    streaming::{Body, Response, channel},
};
use serde_json::Value;

use crate::{call, within};

/// Set for the program that is the function.
const IS_FUNCTION: &str = "LAMBDA_ENV_TEST_FUNCTION";

/// By the path of the event: `/stream` three events, `/broken` one event and an error in mid-body, anything else an error.
async fn handle(event: LambdaEvent<Value>) -> Result<Response<Body>, Error> {
    let path = event.payload["rawPath"].as_str().unwrap_or_default().to_owned();
    if path != "/stream" && path != "/broken" {
        return Err("no such path".into());
    }
    let (mut sender, body) = channel();
    tokio::spawn(async move {
        for number in 0..3 {
            if sender.send_data(format!("data: {{\"n\":{number}}}\n\n").into()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            if path == "/broken" {
                return sender.abort();
            }
        }
    });
    Ok(Response::from(body))
}

/// The function, where it is one; no test otherwise.
#[tokio::test]
async fn the_function() {
    if std::env::var_os(IS_FUNCTION).is_some() {
        lambda_runtime::run(service_fn(handle)).await.unwrap();
    }
}

async fn official() -> Environment {
    let this = std::env::current_exe().unwrap();
    let function =
        Environment::builder(this).argument("official::the_function").argument("--exact").var(IS_FUNCTION, "1");
    within(function.extension_present().start()).await.unwrap()
}

#[tokio::test]
async fn it_streams_is_frozen_and_streams_again() {
    let environment = official().await;
    for _ in 0..5 {
        let response = call(&environment, FunctionUrl::get("/stream")).await;
        assert_eq!(response.outcome, Some(Outcome::Complete));
        assert!(response.has_separate_prelude());
        assert_eq!(
            response.events().iter().map(|event| event.json()["n"].as_i64().unwrap()).collect::<Vec<_>>(),
            [0, 1, 2]
        );
        within(environment.frozen()).await;
        assert!(environment.is_stopped().await);
    }
    assert_eq!(environment.violations(), []);
}

#[tokio::test]
async fn its_errors_are_seen_as_it_sends_them() {
    let environment = official().await;
    let response = call(&environment, FunctionUrl::get("/nowhere")).await;
    assert!(matches!(response.outcome, Some(Outcome::Error { .. })), "{:?}", response.outcome);
    // It writes the error of a broken body as text into the body, where trailers would be right.
    let response = call(&environment, FunctionUrl::get("/broken")).await;
    let body = String::from_utf8_lossy(&response.body()).into_owned();
    assert_eq!(response.events().len(), 1);
    assert!(body.to_ascii_lowercase().contains("lambda-runtime-function-error-type"), "{:?}: {body}", response.outcome);
    within(environment.frozen()).await;
    assert_eq!(environment.violations(), []);
}
