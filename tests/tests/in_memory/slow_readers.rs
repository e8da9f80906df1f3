//! A reader that stands still delays nobody, holds little, and loses nothing that it could still use.
//! Rule: Slow readers.

use crate::reading::feed;
use lambda_trace::EndReason;
use sse_core::{names, plan::View};
use sse_tests::world::{Setup, World, header};
use std::time::Duration;

#[test]
fn a_reader_that_stands_still_delays_nobody() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let still = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    still.stands_still.set(true);
    let other = world.environments[0].connect(Some(&header(2)), View::ALL, None).expect("a slot");
    world.run(550);
    feed(&world, "a", "negative", -0.5, &["AAPL"]);
    world.run(100);
    assert_eq!(other.client().held.tickers["AAPL"]["label"], "negative", "though the still one leads the polls");
    assert_eq!(other.client().names().iter().filter(|n| **n == "heartbeat").count(), 2);
    world.run(9_500);
    assert_eq!(still.reason(), Some(EndReason::Deadline), "its own deadline");
    let spans = world.environments[0].telemetry.named(names::DISPATCH);
    assert!(spans.iter().all(|s| !s.trace.ends_with("01")), "what nobody took counts nowhere");
}

#[test]
fn an_unsent_state_is_replaced_by_newer_ones() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(50);
    let before = stream.bytes().len();
    stream.stands_still.set(true);
    // What hyper had asked for already comes through; then the reader stands still.
    for n in 0..20 {
        feed(&world, "a", "positive", f64::from(n) / 100.0, &["AAPL"]);
        world.run(100);
    }
    stream.stands_still.set(false);
    world.run(5);
    let events = sse_tests::client::parse(&stream.bytes()[before..]);
    let scores: Vec<_> = events.iter().filter(|e| e.event == "sentiment_update").map(|e| &e.data["score"]).collect();
    assert!(scores.len() <= 2, "{scores:?}");
    assert_eq!(scores.last().map(|s| s.as_f64()), Some(Some(0.19)));
}

#[test]
fn a_reader_that_takes_nothing_for_thirty_seconds_is_dropped() {
    let mut world = World::new(Setup { life_ms: 600_000, ..Setup::default() }, 1, 1);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(250);
    stream.stands_still.set(true);
    world.run(30_000);
    assert_eq!(stream.reason(), None);
    world.run(1_100);
    assert_eq!(stream.reason(), Some(EndReason::ClientDisconnected));
    assert_eq!(world.environments[0].telemetry.named(names::RELEASE).len(), 1);
}

#[test]
fn a_slow_reader_that_does_take_something_stays() {
    let mut world = World::new(Setup { life_ms: 600_000, ..Setup::default() }, 1, 1);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    for _ in 0..6 {
        stream.stands_still.set(true);
        world.run(20_000);
        stream.stands_still.set(false);
        world.run(10);
    }
    assert_eq!(stream.reason(), None);
}

#[test]
fn the_last_event_reaches_a_reader_with_a_backlog_once_it_reads_on() {
    let ends = [
        (Some(Duration::from_secs(3)), 10_000, 3_500, "done", EndReason::StreamMax),
        (None, 5_000, 4_100, "deadline", EndReason::Deadline),
    ];
    for (stream_max, life_ms, reads_on_at, last, reason) in ends {
        let mut setup = Setup { life_ms, ..Setup::default() };
        setup.limits.stream_max = stream_max;
        let mut world = World::new(setup, 1, 1);
        for n in 0..500 {
            feed(&world, &format!("i{n}"), "positive", 0.5, &[&format!("T{n}")]);
        }
        let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
        stream.stands_still.set(true);
        world.run(reads_on_at);
        stream.stands_still.set(false);
        world.run(100);
        let client = stream.client();
        assert_eq!(
            (client.held.tickers.len(), client.names().last(), stream.reason()),
            (500, Some(&last), Some(reason))
        );
    }
}
