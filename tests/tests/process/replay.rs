//! `replay` as a program. What it sends and how often is tested in its own crate.

use crate::program::{path, terminate, within};
use lambda_env::{OtlpReceiver, otlp_receiver::OtlpFault};
use std::{fs, path::PathBuf};
use tokio::process::Command;

const DAY_NS: u128 = 24 * 3_600 * 1_000_000_000;

/// A file of one OTLP/JSON line for each of these spans, by how long ago it was, in nanoseconds.
fn given_up(name: &str, ago: impl Iterator<Item = u128>) -> PathBuf {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let line = |(n, ago): (usize, u128)| {
        let (id, at) = (n + 1, now - ago);
        let span = format!(
            r#"{{"traceId":"67891233abcdef012345678912345678","spanId":"{id:016x}","name":"x","kind":1,"startTimeUnixNano":"{at}","endTimeUnixNano":"{at}"}}"#
        );
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
    };
    let file = scratch(name);
    fs::write(&file, ago.enumerate().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    file
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("sse-replay-{}-{name}", std::process::id()))
}

/// Rule: X-Ray's word.
#[tokio::test]
async fn given_up_spans_go_to_x_ray_signed_and_once() {
    let _turn = crate::turns::shared().await;
    let endpoint = OtlpReceiver::start_as_xray().unwrap();
    // Two that are too old, one of two days ago, 59 of now.
    let ago = [15 * DAY_NS, 20 * DAY_NS, 2 * DAY_NS].into_iter().chain(std::iter::repeat_n(0, 59));
    let (input, state) = (given_up("xray-lines", ago), scratch("xray-state"));
    let run = async || {
        let mut program = Command::new(path());
        program.args(["replay", "--xray", "--state"]).arg(&state).arg(&input).env_clear().kill_on_drop(true);
        program.env("AWS_ENDPOINT_URL_XRAY", endpoint.endpoint()).env("AWS_REGION", "eu-west-1");
        program.env("AWS_ACCESS_KEY_ID", "AKIDOFAPERSON").env("AWS_SECRET_ACCESS_KEY", "secret");
        let output = within(program.output()).await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    endpoint.queue_faults([None, Some(OtlpFault::Says(400, 3, "no more today"))]);
    let (code, said, complained) = run().await;
    assert_eq!(code, Some(1), "{said}{complained}");
    assert!(
        complained.contains("older than 14 days, not sent: 1-67891233-abcdef012345678912345678 0000000000000001 x")
    );
    assert!(complained.contains("status 400: no more today"), "{complained}");
    let (code, said, complained) = run().await;
    assert_eq!(code, Some(0), "{said}{complained}");
    let requests = endpoint.requests();
    let accepted: Vec<_> = requests.iter().map(|request| (request.spans, request.accepted)).collect();
    assert_eq!(accepted, [(1, 1), (50, 0), (9, 9), (50, 50)], "at most 50 a request, a day at most in one, none twice");
    assert_eq!(fs::read_to_string(&state).unwrap().lines().count(), 60);
    let _ = (fs::remove_file(&input), fs::remove_file(&state));
}

#[tokio::test]
async fn a_stop_is_heard_while_the_collector_asks_for_patience_and_what_was_accepted_is_remembered() {
    let _turn = crate::turns::shared().await;
    let collector = OtlpReceiver::start().unwrap();
    // The second request of 50 is asked to wait for longer than anybody does.
    collector.queue_faults([None, Some(OtlpFault::RetryAfter(503, 30))]);
    let (input, state) = (given_up("lines", std::iter::repeat_n(0, 60)), scratch("state"));
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
