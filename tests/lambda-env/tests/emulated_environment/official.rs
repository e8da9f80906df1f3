//! The official runtime in this environment: a second opinion on both.

use lambda_env::{Environment, FunctionUrl, Outcome};

use crate::{call, within};

async fn official() -> Environment {
    within(Environment::builder(env!("CARGO_BIN_EXE_official-runtime")).extension_present().start()).await.unwrap()
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
