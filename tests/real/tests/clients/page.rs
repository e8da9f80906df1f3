//! The page that the server serves, in a browser: it shows what comes, goes on after a cut and after an end, and nothing
//! goes wrong in it.

use crate::{
    CUT_AFTER, SERVER,
    program::{Program, browser},
};
use serde_json::Value;
use sse_real::{cutting_proxy::CuttingProxy, serving::Serving};
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_the_stream_and_lives_through_cuts() {
    let server = Serving::start(&SERVER).await.unwrap();
    let gate = CuttingProxy::start(server.address(), 2 * CUT_AFTER).await.unwrap();
    let mut page = Program::start(browser("page.mjs", &gate.url()));
    let is_live = |line: &Value, opened: u64| line["opened"] == opened && line["tone"] == "good" && line["rows"] != 0;
    for opened in [1, 2, 3] {
        let wanted = |lines: &[Value]| lines.iter().any(|line| is_live(line, opened) || line["error"].is_string());
        let outcome = timeout(PATIENCE, page.wait_until(wanted)).await;
        outcome.unwrap_or_else(|_| panic!("connection {opened} did not come to life: {:?}", page.lines().last()));
        let errors: Vec<_> = page.lines().into_iter().filter(|line| line["error"].is_string()).collect();
        assert_eq!(errors, Vec::<Value>::new());
    }
    // The trace of its stream: the handler phase, the moment at which the handler returned, the streaming phase, and what became of it.
    let is_drawn = |line: &Value| {
        let row = |n: usize| line["falls"][n].as_str().unwrap_or_default();
        let is_told =
            line["ledger"].as_str().is_some_and(|text| text.contains("created ") && text.contains(" kB of 80 kB"));
        row(0) == "## handler" && row(1).starts_with("the handler returned") && !row(2).is_empty() && is_told
    };
    let drawn = timeout(PATIENCE, page.wait_until(|lines: &[Value]| lines.iter().any(is_drawn))).await;
    drawn.unwrap_or_else(|_| panic!("no trace is drawn: {:?}", page.lines().last()));
    let lines = page.lines();
    let last = lines.iter().rfind(|line| line["opened"] == 3).unwrap();
    assert_ne!(last["total"], "–", "{last}");
    assert!(last["trace"].as_str().unwrap().starts_with("1-"), "{last}");
    assert!(last["log"].as_u64().unwrap() > 0, "{last}");
    // What was shown stays while the page connects again.
    let is_empty = |line: &&Value| line["opened"].as_u64().unwrap_or(0) > 1 && line["rows"] == 0;
    assert_eq!(lines.iter().find(is_empty), None, "the page forgot what it had");
    println!("=> page: {} tickers shown, {} changes seen over 3 connections", last["rows"], lines.len());
}
