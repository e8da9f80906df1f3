//! `verify` as a program, against the function as a program: a URL that invokes frozen environments, X-Ray, Lambda, Logs and
//! CloudWatch behind it, and what the function's spans and lines become there.
//! Rule: Verified.

mod canary;
mod deployed;
mod interrupted;
mod proxied;
mod translated;
mod url;

use crate::{binary::binary, fixture::within, profiles::Home};
use deployed::{Deployed, Loss};
use serde_json::Value;
use std::time::Duration;
use tokio::process::Command;

/// Runs `verify` against a deployment: its exit code and its report.
async fn verify(deployed: &Deployed, flags: &[&str]) -> (Option<i32>, Value, String) {
    let mut command = Command::new(binary());
    command.env_clear().env("AWS_ENDPOINT_URL", deployed.control());
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "a-secret-key-of-the-tests");
    report(command, deployed, flags).await
}

async fn report(mut command: Command, deployed: &Deployed, flags: &[&str]) -> (Option<i32>, Value, String) {
    command.args(["verify", "--url", deployed.url(), "--region", "eu-central-1", "--json", "--patience", "20s"]);
    let output = within(command.args(flags).output()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text} {complaints}"));
    (output.status.code(), report, format!("{text}{complaints}"))
}

fn with(report: &Value, verdict: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["verdict"] == verdict).map(|check| check["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_of_the_program_passes_every_check() {
    let _turn = crate::turns::alone().await;
    let deployed = Deployed::start(Loss::None).await;
    let token = crate::fixture::token();
    let (code, report, printed) = verify(&deployed, &["--invocations", "3", "--config", "c1", "--token", &token]).await;
    assert_eq!(with(&report, "not_applicable"), ["cold-start"], "{report:#}");
    assert_eq!((with(&report, "fail"), with(&report, "could_not_judge")), (vec![], vec![]), "{report:#}");
    assert_eq!((code, &report["exit_code"]), (Some(0), &0.into()));
    assert_eq!(report["traces"].as_array().map(Vec::len), Some(7));
    for secret in [token.as_str(), "a-secret-key-of-the-tests"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_are_lost_behind_the_collector_are_missed() {
    let _turn = crate::turns::alone().await;
    let deployed = Deployed::start(Loss::Dispatches).await;
    let (code, report, _) = verify(&deployed, &["--invocations", "1"]).await;
    assert_eq!(with(&report, "fail"), ["spans-present", "ledger"], "{report:#}");
    assert_eq!(code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_told_twice_is_seen() {
    let _turn = crate::turns::alone().await;
    let deployed = Deployed::start(Loss::DualEmission).await;
    let (code, report, _) = verify(&deployed, &["--invocations", "1"]).await;
    assert_eq!(with(&report, "fail"), ["one-entry-per-call"], "{report:#}");
    assert_eq!(code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_process_serves_it_too() {
    let _turn = crate::turns::alone().await;
    let deployed = Deployed::start(Loss::None).await;
    let home = Home::with_process("verify", Duration::from_secs(4));
    let program = home.program(&[], &deployed.control());
    let (code, report, printed) = report(program, &deployed, &["--invocations", "1"]).await;
    assert_eq!((with(&report, "fail"), with(&report, "could_not_judge")), (vec![], vec![]), "{report:#}");
    assert_eq!(code, Some(0), "{printed}");
}
