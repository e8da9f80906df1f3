//! A thousand readers whose environment ends, and who all come back to a new one at once: none is lost, and the last state of each
//! is that of a new reader.

use std::time::Duration;

use futures::future::join_all;
use lambda_env::{Call, FunctionUrl, Invocation, Item, Stamp};
use sse_tests::client::Client;

use super::{each_until, environment, open, slots};
use crate::{
    fixture::{Fixture, date, stream, within},
    turns,
};

const READERS: usize = 1_000;
/// Their slots, and the reserve.
const WORKERS: usize = 1_072;
const TICKERS: u64 = 60;

fn write(fixture: &Fixture, number: u64, score: f64) {
    let item =
        Item::new().text("source_id", &format!("r{number}")).text("sentiment", "positive").number("score", score);
    let item = item.text("updated_at", &date(Stamp::now().unix_ms()));
    assert!(fixture.aws.put("items", item.texts("matched_tickers", &[&format!("R{}", number % TICKERS)])));
}

/// Reads what has come.
async fn read(client: &mut Client, call: Call) {
    client.connect();
    client.read(&within(call.finish()).await.body());
}

/// Rule: Many streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_readers_resume_at_once_and_none_is_lost() {
    let _turn = turns::alone().await;
    assert!(slots(WORKERS) >= READERS);
    let fixture = Fixture::new().await;
    (0..3 * TICKERS).for_each(|number| write(&fixture, number, 0.5));
    let before = environment(&fixture, WORKERS, &[]).await;
    let mut calls = open(&before, READERS, stream).await;
    each_until(&mut calls, |event| event.name == "sentiment_update").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    within(before.shut_down()).await;
    let mut clients = vec![Client::default(); READERS];
    join_all(clients.iter_mut().zip(calls).map(|(client, call)| read(client, call))).await;
    assert!(clients.iter().all(|client| client.cursor.is_some()));

    // While nobody reads: rewritten, new, gone.
    (0..20).for_each(|number| write(&fixture, number, -0.5));
    write(&fixture, 1_000_000 * TICKERS + 59, 1.0);
    for number in (0..3 * TICKERS).filter(|number| number % TICKERS == 30) {
        assert!(fixture.aws.delete("items", Item::new().text("source_id", &format!("r{number}"))));
    }
    let after = environment(&fixture, WORKERS, &[]).await;
    let began = Stamp::now();
    let mut calls = Vec::new();
    for client in &clients {
        let url = FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream");
        let url = url.header("last-event-id", client.cursor.as_deref().unwrap_or_default());
        calls.push(within(after.invoke(Invocation::url(url))).await.unwrap());
    }
    let came = each_until(&mut calls, |event| event.name == "sentiment_update").await;
    let mut waits: Vec<_> = came.iter().map(|at| at.since(&began)).collect();
    waits.sort_unstable();
    println!(
        "{READERS} readers resumed: the first state after {:?} (p50), {:?} (last)",
        waits[READERS / 2],
        waits[READERS - 1]
    );
    let new = within(after.invoke(stream())).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    within(after.shut_down()).await;
    let mut newcomer = Client::default();
    read(&mut newcomer, new).await;
    assert!(newcomer.held.tickers.contains_key("R59") && !newcomer.held.tickers.contains_key("R30"));
    join_all(clients.iter_mut().zip(calls).map(|(client, call)| read(client, call))).await;
    let wrong = clients.iter().filter(|client| client.held != newcomer.held).count();
    assert_eq!(wrong, 0, "readers whose state is not that of a new one");
    let events: usize = clients.iter().map(|client| client.log.len()).sum();
    println!("{READERS} readers resumed: {events} events, {} of a new reader", newcomer.log.len());
}
