//! The example of `lambda-stream`, a function of another domain, frozen between its invocations: its ledger adds up like ours.
//! Rule: Ledger. Rule: FR-055.

use std::{path::PathBuf, process::Command, time::Duration};

use lambda_env::{Deadline, Environment, FunctionUrl, Invocation, OtlpFault, Outcome, ResponseFault, When};

use crate::{
    fixture::{Fixture, call, started, within},
    ledger::ParsedLog,
    turns,
};

const TOKENS: usize = 18;
/// So little is needed on these crates.
const LINES_MAX: usize = 60;

/// Built like this test, and with the features of the whole workspace, so that nothing else is built anew.
fn example() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let target = this.ancestors().nth(3).unwrap();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let arguments = ["build", "--quiet", "--workspace", "--example", "tokens", "--manifest-path", manifest];
    let built = Command::new(env!("CARGO")).args(arguments).arg("--target-dir").arg(target).status();
    assert!(built.unwrap().success(), "the example does not build");
    target.join("debug/examples/tokens")
}

fn tokens() -> Invocation {
    Invocation::url(FunctionUrl::get("/"))
}

#[tokio::test]
async fn the_spans_of_another_function_add_up_at_every_end() {
    let _turn = turns::alone().await;
    let source = include_str!("../../../app/lambda/examples/tokens.rs");
    println!("the example has {} lines", source.lines().count());
    assert!(source.lines().count() <= LINES_MAX);
    let fixture = Fixture::new().await;
    let environment = started(Environment::builder(example()).beside(&fixture.collector)).await;
    let mut responses = Vec::new();
    // To its end, to its deadline, to a client's leaving; and one whose spans have to wait for the next flush.
    let near = Deadline::In(Duration::from_millis(1_150));
    let left = tokens().fault(When::AfterChunks(5), ResponseFault::Cut);
    for (invocation, fault) in
        [(tokens(), None), (tokens().deadline(near), None), (left, None), (tokens(), Some(OtlpFault::Status(503)))]
    {
        fixture.collector.set_fault(fault).await.unwrap();
        responses.push(call(&environment, invocation).await);
        within(environment.frozen()).await;
    }
    fixture.collector.set_fault(None).await.unwrap();
    let mut open = within(environment.invoke(tokens())).await.unwrap();
    within(open.chunk()).await;
    let (end, last) = tokio::join!(within(environment.shut_down()), within(open.finish()));
    let end = end.unwrap();
    // Nobody else registered an extension: without its own there would be no SIGTERM.
    assert!(end.terminated && !end.killed && end.exit.code == Some(0), "{end:?}");
    responses.push(last);

    let outcomes: Vec<_> = responses.iter().map(|response| response.outcome.clone().unwrap()).collect();
    let complete = Outcome::Complete;
    assert_eq!(outcomes, [complete.clone(), complete.clone(), Outcome::Cut, complete.clone(), complete]);
    assert_eq!(String::from_utf8_lossy(&responses[0].body()).split(' ').count(), TOKENS);
    let log = ParsedLog::read(&environment.log().lines());
    let received = fixture.collector.spans();
    for response in &responses {
        let (ledger, late) = (log.ledger(&response.request_id), log.late.get(&response.request_id).copied());
        let late = late.unwrap_or_default();
        println!("{ledger:?} {late:?}");
        assert_eq!(ledger.created, ledger.delivered + ledger.retained + ledger.logged + ledger.folded);
        assert_eq!(ledger.retained, late.delivered + late.logged);
        let trace = response.trace.as_ref().unwrap().trace_id();
        let mut accepted: Vec<_> =
            received.iter().filter(|span| span.accepted && span.span.trace_id == trace).map(|s| &s.span).collect();
        accepted.sort_by(|a, b| a.span_id.cmp(&b.span_id));
        accepted.dedup_by(|a, b| a.span_id == b.span_id);
        let printed: Vec<_> = log.printed.iter().map(|(_, span)| span).filter(|span| span.trace_id == trace).collect();
        assert_eq!(u64::try_from(accepted.len()).unwrap(), ledger.delivered + late.delivered);
        assert_eq!(u64::try_from(printed.len()).unwrap(), ledger.logged + late.logged);
        let names: Vec<_> = accepted.into_iter().chain(printed).map(|span| span.name.as_str()).collect();
        assert!(names.contains(&"telling") && ledger.created > 1, "{names:?}");
        assert!(names.contains(&"token") && ledger.folded == 0, "its policy has room for its own spans: {ledger:?}");
    }
    assert_eq!(log.ledgers.len(), responses.len());
    assert!(log.ledger(&responses[3].request_id).retained > 0, "the collector refused");
    assert_eq!(environment.violations(), []);
}
