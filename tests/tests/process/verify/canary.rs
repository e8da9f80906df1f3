//! The canary: the same program, told by one variable to verify, invoked by a schedule and frozen between.

use super::deployed::{Deployed, Loss};
use crate::{
    binary::binary,
    fixture::{call, started, within},
};
use lambda_env::{Deadline, Environment, Invocation, Outcome, Response, StartFailure};
use serde_json::{Value, json};
use std::time::Duration;

async fn canary(deployed: &Deployed, flags: &str) -> Environment {
    let flags = format!("--url {} --region eu-central-1 --patience 15s {flags}", deployed.url());
    let function = Environment::builder(binary()).var("AWS_ENDPOINT_URL", &deployed.control());
    started(function.var("SSE_VERIFY_FLAGS", &flags).var("ENVIRONMENT", "test")).await
}

async fn scheduled(canary: &Environment) -> (Response, Value) {
    let event = json!({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    let response = call(canary, Invocation::json(event).deadline(Deadline::In(Duration::from_secs(50)))).await;
    assert_eq!(response.outcome, Some(Outcome::Complete));
    let report = serde_json::from_slice(&response.body()).unwrap();
    within(canary.frozen()).await;
    (response, report)
}

fn metrics(canary: &Environment) -> Vec<Value> {
    canary.log().json().into_iter().filter(|line| line["_aws"].is_object()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_deployment_is_one_line_of_metrics_a_run() {
    let _turn = crate::turns::alone().await;
    let deployed = Deployed::start(Loss::None).await;
    let canary = canary(&deployed, "").await;
    for runs in 1..=2 {
        let (response, report) = scheduled(&canary).await;
        assert_eq!(response.prelude().unwrap().status, 200);
        assert_eq!(report["exit_code"], 0, "{report:#}");
        let lines = metrics(&canary);
        assert_eq!(lines.len(), runs);
        let line = &lines[runs - 1];
        assert_eq!(
            (&line["VerifyFailed"], &line["Environment"], &line["level"]),
            (&0.into(), &"test".into(), &"INFO".into())
        );
    }
    let end = within(canary.shut_down()).await.unwrap();
    assert_eq!((end.exit.code, end.terminated, end.killed), (Some(0), true, false), "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_check_is_counted_and_told_and_the_invocation_is_none_that_failed() {
    let _turn = crate::turns::alone().await;
    let deployed = Deployed::start(Loss::Dispatches).await;
    let canary = canary(&deployed, "").await;
    let (_, report) = scheduled(&canary).await;
    assert_eq!(report["exit_code"], 1);
    assert_eq!(metrics(&canary)[0]["VerifyFailed"], 2);
    let told: Vec<_> = canary.log().json().into_iter().filter(|line| line["message"] == "a check failed").collect();
    let checks: Vec<_> = told.iter().map(|line| line["check"].as_str().unwrap()).collect();
    assert_eq!(checks, ["spans-present", "ledger"]);
    assert!(told.iter().all(|line| line["evidence"].as_str().is_some_and(|evidence| !evidence.is_empty())));
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_that_are_wrong_stop_the_start_by_name() {
    let _turn = crate::turns::shared().await;
    let wrong = Environment::builder(binary()).var("SSE_VERIFY_FLAGS", "--url ftp://x");
    let error = within(wrong.start()).await.expect_err("no start");
    let StartFailure::Init { exit, .. } = &error.failure else { panic!("{error:?}") };
    assert_eq!(exit.code, Some(1));
    assert!(format!("{} {error:?}", error.failure).contains("SSE_VERIFY_FLAGS"), "{error:?}");
}
