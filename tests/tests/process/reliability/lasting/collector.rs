//! A collector that asks for patience for forty invocations, and is well again.

use std::time::Duration;

use lambda_env::{OtlpFault, Stamp};

use super::{of_clients, row, told};
use crate::{
    audit,
    fixture::{Fixture, call, stream, within},
    ledger::ParsedLog,
};

const INVOCATIONS: usize = 40;

/// `patience`: what it asks for, or what it is granted where it names nothing.
pub(super) async fn in_trouble(name: &'static str, fault: OtlpFault, patience: Duration) -> String {
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "40")]).await;
    fixture.collector.set_fault(Some(fault)).await.unwrap();
    let began = Stamp::now();
    let mut streams = Vec::new();
    for _ in 0..INVOCATIONS {
        streams.push(call(&environment, stream()).await);
        within(environment.frozen()).await;
    }
    let requests = fixture.collector.requests().len();
    let most = 1 + began.elapsed().as_millis() / patience.as_millis();
    assert!(
        (1..=most).contains(&(requests as u128)),
        "{name}: {requests} requests, at most {most} after {patience:?} each"
    );
    let client = of_clients(&streams);
    let said = told(&environment, |line, _| line["address"].is_string());

    tokio::time::sleep(patience + Duration::from_millis(200)).await;
    fixture.collector.set_fault(None).await.unwrap();
    streams.push(call(&environment, stream()).await);
    within(environment.frozen()).await;
    let log = ParsedLog::read(&environment.log().lines());
    let retained: u64 = streams.iter().map(|stream| log.ledger(&stream.request_id).retained).sum();
    let late: u64 = log.late.values().map(|late| late.delivered).sum();
    assert!(retained > 0 && late == retained, "{name}: {late} of {retained} retained spans went with one invocation");
    within(environment.shut_down()).await;
    let figures = audit::passes(&fixture.evidence(&environment, streams, Vec::new()));
    assert_eq!((figures.logged, figures.duplicates), (0, 0));
    let all = told(&environment, |line, _| line["address"].is_string());
    println!("{name}: {requests} requests in {INVOCATIONS} invocations, {retained} spans retained; {all:?}");
    assert_eq!((said.len(), all.len()), (1, 2), "{name}: told once, and once that it is over: {all:?}");
    let cost = format!("one request each {} s, nothing lost: all is delivered once it is well", patience.as_secs());
    row(&format!("collector: {name}, for {INVOCATIONS} invocations"), &client, &cost, "once: address and status")
}
