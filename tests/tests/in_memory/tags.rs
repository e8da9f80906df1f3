//! More tickers than `metrics` lists: `tags` pages, and what a client holds after them.

use crate::reading::feed;
use sse_core::{
    digest::Digest,
    item::{Sentiment, Ticker},
    plan::View,
};
use sse_tests::{
    client::{Client, parse},
    world::{Setup, World, item},
};
use std::time::Duration;

fn wide(world: &World, tickers: usize) {
    for first in (0..tickers).step_by(100) {
        let names: Vec<_> = (first..tickers.min(first + 100)).map(|n| format!("T{n}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        feed(world, &format!("wide{first}"), "positive", 0.5, &names);
    }
}

fn names(client: &Client) -> Vec<String> {
    client.held.tickers.keys().cloned().collect()
}

#[test]
fn five_thousand_tickers_are_told_in_pages_of_short_lines() {
    let mut world = World::new(Setup::default(), 1, 1);
    wide(&world, 5_000);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.settle();
    // The client refuses lines above 32 KiB.
    let client = stream.client();
    let metrics = client.held.metrics.as_ref().expect("metrics");
    assert_eq!((&metrics["by_tag"], &metrics["tags"]), (&serde_json::Value::Null, &5_000.into()));
    let pages: Vec<_> = client.log.iter().filter(|e| e.event == "tags").collect();
    assert!(pages.len() > 3, "{}", pages.len());
    let named: usize = pages.iter().filter_map(|page| page.data["by_tag"].as_object()).map(serde_json::Map::len).sum();
    assert_eq!((named, client.held.tickers.len()), (5_000, 5_000));
    assert_eq!(client.names()[1], "metrics", "which announces them");
}

#[test]
fn a_thousand_tickers_are_still_listed() {
    let mut world = World::new(Setup::default(), 1, 1);
    wide(&world, 1_000);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.settle();
    assert_eq!(
        stream.client().held.metrics.expect("metrics")["by_tag"].as_object().map(serde_json::Map::len),
        Some(1_000)
    );
    feed(&world, "more", "positive", 0.5, &["ONE-MORE"]);
    world.run(200);
    let client = stream.client();
    assert!(client.held.metrics.as_ref().expect("metrics")["by_tag"].is_null());
    assert!(client.names().contains(&"tags"));
}

#[test]
fn only_the_page_whose_names_changed_is_sent_again() {
    let mut world = World::new(Setup::default(), 1, 1);
    wide(&world, 5_000);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(50);
    let before = stream.bytes().len();
    feed(&world, "wide0", "negative", 0.5, &["T7"]);
    world.run(200);
    let gone: Vec<_> = parse(&stream.bytes()[before..]);
    assert!(gone.iter().filter(|e| e.event == "tags").count() >= 1);
    let before = stream.bytes().len();
    feed(&world, "wide0", "negative", 0.5, &["T7", "T2500X"]);
    world.run(200);
    let new = parse(&stream.bytes()[before..]);
    let pages: Vec<_> = new.iter().filter(|e| e.event == "tags").collect();
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].data["by_tag"]["T2500X"], 1);
    let before = stream.bytes().len();
    feed(&world, "wide0", "positive", 0.75, &["T7", "T2500X"]);
    world.run(200);
    let names: Vec<_> = parse(&stream.bytes()[before..]).into_iter().map(|e| e.event).collect();
    assert!(!names.contains(&"tags".to_owned()) && names.contains(&"sentiment_update".to_owned()), "{names:?}");
}

/// Away while tickers left: the pages name what is still there, wherever the connection was cut.
#[test]
fn a_ticker_that_left_meanwhile_is_dropped_wherever_the_cut_falls() {
    for percent in (0..=100).step_by(4) {
        let mut world = World::new(Setup { life_ms: 600_000, ..Setup::default() }, 2, 1);
        wide(&world, 1_500);
        feed(&world, "leaving", "neutral", 0.0, &["A-FIRST", "T1X", "Z-LAST"]);
        let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
        world.run(50);
        let mut client = stream.client();
        assert_eq!(client.held.tickers.len(), 1_503);
        stream.cut();
        world.table.delete("leaving");
        feed(&world, "wide0", "negative", -0.5, &["T1"]);
        // The other environment has never held it.
        let resume = client.cursor.as_deref().and_then(Digest::parse);
        let second = world.environments[1].connect(None, View::ALL, resume).expect("a slot");
        world.settle();
        let bytes = second.bytes();
        client.connect();
        client.read(&bytes[..bytes.len() * percent / 100]);
        second.cut();
        let resume = client.cursor.as_deref().and_then(Digest::parse);
        let third = world.environments[1].connect(None, View::ALL, resume).expect("a slot");
        world.settle();
        client.connect();
        client.read(&third.bytes());
        let fresh = world.environments[1].connect(None, View::ALL, None).expect("a slot");
        world.settle();
        assert_eq!(names(&client), names(&fresh.client()), "cut after {percent} %");
    }
}

/// A filter made the client ignore what `metrics` says of tickers, and the write with their departure was cut off.
#[test]
fn from_a_filter_to_none_with_the_same_cursor_keeps_nothing_that_is_gone() {
    let mut world = World::new(Setup { life_ms: 600_000, ..Setup::default() }, 1, 1);
    let leaving: Vec<_> = (0..100).map(|n| format!("L{n}")).collect();
    let leaving: Vec<_> = leaving.iter().map(String::as_str).collect();
    feed(&world, "a", "positive", 0.5, &leaving);
    // With what stays in it, the filter shows the same `metrics` as none does.
    let only = leaving.iter().chain(&["MSFT"]).filter_map(|t| Ticker::parse(t)).collect();
    let only = View { tickers: Some(only), metrics: true };
    let stream = world.environments[0].connect(None, only, None).expect("a slot");
    world.run(50);
    let before = stream.writes.borrow().len();
    feed(&world, "a", "positive", 0.5, &["MSFT"]);
    world.run(100);
    let writes = stream.writes.borrow().len();
    assert!(writes >= before + 2, "more than one write");
    for taken in before..=writes {
        let mut client = Client::default();
        let bytes: Vec<u8> = stream.writes.borrow()[..taken].iter().flatten().flatten().copied().collect();
        client.read(&bytes);
        let resume = client.cursor.as_deref().and_then(Digest::parse);
        let second = world.environments[0].connect(None, View::ALL, resume).expect("a slot");
        world.settle();
        client.connect();
        client.read(&second.bytes());
        assert_eq!(names(&client), ["MSFT"], "after {taken} writes");
    }
}

/// Items that leave every second were seen to make every stream get a whole `metrics` every second.
#[test]
fn what_leaves_by_itself_waits_with_its_metrics_for_the_next_poll() {
    let mut setup = Setup { life_ms: 600_000, ..Setup::default() };
    setup.read.interval = Duration::from_secs(10);
    let mut world = World::new(setup, 1, 1);
    for n in 0..9 {
        let mut mortal = item(&format!("i{n}"), world.now(), Sentiment::Positive, 0.5, &["AAPL"]);
        mortal.expires_at = Some(world.now().plus(Duration::from_millis(1_000 * (n + 1))));
        world.table.put(mortal);
    }
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(8_900);
    let count = |name: &str| stream.client().names().iter().filter(|n| **n == name).count();
    assert_eq!((count("metrics"), count("sentiment_update")), (1, 9));
    world.run(1_200);
    assert_eq!(count("metrics"), 2);
    assert_eq!(stream.client().held.metrics.expect("metrics")["total"], 0);
    // Nothing arrived, so nothing of this has a latency.
    let spans = world.environments[0].telemetry.named(sse_core::names::DISPATCH);
    assert!(spans.is_empty(), "not sampled");
    let batches = world.environments[0].metrics.batches();
    assert!(!batches.iter().flatten().any(|m| m.name == "EventLatencyMs"), "{batches:?}");
}

#[test]
fn rates_are_of_the_moment_in_which_they_are_written() {
    let mut setup = Setup { life_ms: 100_000_000, ..Setup::default() };
    setup.read.interval = Duration::from_mins(1);
    setup.limits.heartbeat = Duration::from_mins(1);
    let mut world = World::new(setup, 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let first = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(3_700_000);
    let second = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.settle();
    let rate = |events: Vec<sse_tests::client::Event>| events[1].data["rate_last_hour"].clone();
    assert_eq!((rate(parse(&first.bytes())), rate(parse(&second.bytes()))), (1.into(), 0.into()));
}

#[test]
fn done_brings_a_short_reconnect_delay() {
    let mut setup = Setup::default();
    setup.limits.stream_max = Some(Duration::from_millis(500));
    let mut world = World::new(setup, 1, 1);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(600);
    let client = stream.client();
    let last = client.log.last().expect("events");
    assert_eq!(last.event, "done");
    assert!(last.retry_ms.is_some_and(|ms| (500..=1_500).contains(&ms)), "{last:?}");
}
