//! `trace` as a program, on the log of a stream in trouble: a call that failed, spans that were folded, a collector that was down
//! to the end. How a trace is drawn is tested in its own crate.

use crate::{
    fixture::{Fixture, call, config_stream, within},
    ledger::ParsedLog,
    program::path,
    turns,
};
use lambda_env::{AwsFault, On, OtlpFault};
use tokio::process::Command;

/// Columns.
const WIDTH: usize = 100;

#[tokio::test]
async fn a_stream_in_trouble_is_one_screen() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    fixture.collector.set_fault(Some(OtlpFault::Refuse)).await.unwrap();
    // Far more polls than the smallest budget has room for.
    let variables = [("SSE_STREAM_MAX_MS", "3000"), ("SSE_TRACE_BUDGET_BYTES", "20000")];
    let environment = fixture.start(&variables).await;
    fixture.aws.fault(On::operation("Query").partition("neutral").times(1), AwsFault::AccessDenied);
    let response = call(&environment, config_stream()).await;
    within(environment.frozen()).await;
    within(environment.shut_down()).await.unwrap();
    let lines = environment.log().lines();
    let log = std::env::temp_dir().join(format!("sse-trace-{}-log", std::process::id()));
    std::fs::write(&log, lines.iter().map(|line| format!("{}\n", line.text)).collect::<String>()).unwrap();
    let mut program = Command::new(path());
    program.args(["trace", "--width", &WIDTH.to_string()]).arg(&log).env_clear().kill_on_drop(true);
    let output = within(program.output()).await.unwrap();
    std::fs::remove_file(&log).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let screen = String::from_utf8(output.stdout).unwrap();
    println!("{screen}");
    let told = ParsedLog::read(&lines);
    let (ledger, late) = (told.ledger(&response.request_id), told.late[&response.request_id]);
    assert!(ledger.folded > 100 && ledger.created == ledger.folded + late.logged, "{ledger:?}");
    let shown: Vec<_> = screen.lines().collect();
    let counts = format!("{} spans  1 failed  {} folded", late.logged, ledger.folded);
    assert!(shown[0].starts_with(&ledger.trace_id) && shown[0].ends_with(&counts), "{counts}");
    assert!(shown[1].starts_with("sse_stream stream_max ") && shown[1].contains('█'));
    let failed = shown.iter().position(|line| line.contains("! AccessDenied")).unwrap();
    assert!(shown[failed - 1].starts_with("├ dynamodb_poll neutral ") && shown[failed].starts_with("│   ! "));
    assert!(shown.iter().any(|line| line.starts_with("├ sse_event_dispatch sentiment_update ")));
    assert!(shown.iter().any(|line| line.starts_with(&format!("ledger: created {},", ledger.created))));
    assert!(shown.iter().any(|line| line.starts_with(&format!("late ledger: delivered 0, logged {},", late.logged))));
    let wide: Vec<_> = shown.iter().filter(|line| line.chars().count() > WIDTH).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}
