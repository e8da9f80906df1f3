//! `replay` as a program. What it sends and how often is tested in its own crate.

use crate::program::{path, terminate, within};
use lambda_env::{OtlpReceiver, otlp_receiver::OtlpFault};
use std::fs;
use tokio::process::Command;

#[tokio::test]
async fn a_stop_is_heard_while_the_collector_asks_for_patience_and_what_was_accepted_is_remembered() {
    let _turn = crate::turns::shared().await;
    let collector = OtlpReceiver::start().unwrap();
    // The second request of 50 is asked to wait for longer than anybody does.
    collector.queue_faults([None, Some(OtlpFault::RetryAfter(503, 30))]);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let line = |n: u32| {
        let span = format!(
            r#"{{"traceId":"67891233abcdef012345678912345678","spanId":"{n:016x}","name":"x","kind":1,"startTimeUnixNano":"{now}","endTimeUnixNano":"{now}"}}"#
        );
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
    };
    let folder = std::env::temp_dir();
    let [input, state] =
        ["lines", "state"].map(|name| folder.join(format!("sse-replay-{}-{name}", std::process::id())));
    fs::write(&input, (1..=60).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let mut program = Command::new(path());
    program.args(["replay", "--to", &collector.endpoint(), "--state"]).arg(&state).arg(&input).env_clear();
    let child = program.kill_on_drop(true).stderr(std::process::Stdio::piped()).spawn().unwrap();
    within(async {
        while collector.requests().len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
    terminate(&child);
    let output = within(child.wait_with_output()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("not every span was sent"), "{said}");
    let remembered = fs::read_to_string(&state).unwrap();
    let _ = (fs::remove_file(&input), fs::remove_file(&state));
    assert_eq!(remembered.lines().count(), 50, "{remembered}");
}
