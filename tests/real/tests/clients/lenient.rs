//! Parsers that take more than the specification allows: they must find nothing to be lenient with. One connection that is
//! cut inside an event, and one that ends.

use crate::{
    CUT_AFTER, SERVER,
    program::{Program, expected, node, python, seen},
};
use sse_real::{cutting_proxy::CuttingProxy, serving::Serving};
use std::time::Duration;
use tokio::{process::Command, time::timeout};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn microsoft_fetch_event_source() {
    check("fetch-event-source", |url| node("fetch-event-source.mjs", url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn httpx_sse() {
    check("httpx-sse", |url| python("httpx-sse.py", url)).await;
}

async fn check(name: &str, client: impl Fn(&str) -> Command) {
    let server = Serving::start(&SERVER).await.unwrap();
    let mut seen_in_all = Vec::new();
    for (cut_after, end) in [(CUT_AFTER, "cut"), (CUT_AFTER + 1, "cut"), (0, "clean")] {
        let gate = CuttingProxy::start(server.address(), cut_after).await.unwrap();
        let mut program = Program::start(client(&gate.url()));
        let is_over = |lines: &[serde_json::Value]| lines.iter().any(|line| line["end"].is_string());
        timeout(PATIENCE, program.wait_until(is_over)).await.expect("it does not end");
        let mut lines = program.lines();
        assert_eq!(lines.pop().unwrap()["end"], end);
        let [connection] = &gate.connections()[..] else { panic!("it connected again") };
        let events = connection.events();
        // Whether an event without an id shows that of an earlier one differs from library to library.
        let plain =
            |of: Vec<(String, String, String)>| of.into_iter().map(|(name, data, _)| (name, data)).collect::<Vec<_>>();
        assert_eq!(plain(seen(&lines)), plain(expected(events.iter())), "it saw other events than were sent");
        assert_eq!(events.last().unwrap().name == "done", cut_after == 0);
        seen_in_all.push(events.len());
    }
    println!("=> {name}: {seen_in_all:?} events, none spurious");
}
