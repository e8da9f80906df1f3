//! `feed`: makes a table and fills it.

use crate::program::{path, terminate, within};
use lambda_env::{AwsFault, FakeAws, On, Sidecar};
use tokio::process::Command;

#[tokio::test]
async fn a_table_is_made_and_filled() {
    let _turn = crate::turns::shared().await;
    let aws = FakeAws::start().expect("a port");
    let feed = async || {
        let mut program = Command::new(path());
        program.args(["feed", "--table", "t", "--create", "--count", "60", "--rate", "1000"]).env_clear();
        program.envs(aws.variables()).env("AWS_REGION", "eu-central-1").env("USERS_TABLE", "users");
        program.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x");
        within(program.output()).await.expect("a process")
    };
    let output = feed().await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("tables made: t, users") && said.contains("60 items written into t"), "{said}");
    let held = aws.items("t").len();
    // Some of the 60 are rewritten older ones.
    assert!((40..=60).contains(&held), "{held}");
    let again = feed().await;
    assert!(String::from_utf8_lossy(&again.stderr).contains("tables made: none"), "what is there stays");
    assert!(aws.items("t").len() > held);
}

#[tokio::test]
async fn a_stop_is_heard_while_a_table_is_waited_for() {
    let _turn = crate::turns::shared().await;
    let aws = FakeAws::start().expect("a port");
    aws.fault(On::operation("DescribeTable"), AwsFault::Hang);
    let mut program = Command::new(path());
    program.args(["feed", "--table", "t", "--create"]).env_clear().envs(aws.variables()).kill_on_drop(true);
    program.env("AWS_REGION", "eu-central-1").env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x");
    let mut child = program.spawn().expect("a process");
    within(aws.wait_until(|calls| calls.iter().any(|call| call.operation == "DescribeTable"))).await;
    terminate(&child);
    assert_eq!(within(child.wait()).await.expect("an end").code(), Some(0));
}
