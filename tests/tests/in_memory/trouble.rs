//! The store in trouble: heartbeats on time, `degraded` while it lasts, recovery by itself.

use crate::reading::feed;
use lambda_trace::{Failure, names};
use sse_adapters::memory::Fault;
use sse_core::{item::Sentiment, plan::View};
use sse_tests::{
    client::Event,
    world::{Setup, World, header},
};

fn degraded(log: &[Event]) -> Vec<bool> {
    let mut flags: Vec<_> =
        log.iter().filter(|e| e.event == "heartbeat").filter_map(|e| e.data["degraded"].as_bool()).collect();
    flags.dedup();
    flags
}

fn check(fault: Fault) {
    let mut world = World::new(Setup { life_ms: 100_000, ..Setup::default() }, 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(250);
    for sentiment in Sentiment::ALL {
        world.table.set_fault(sentiment, Some(fault));
    }
    world.run(5_000);
    let beats = stream.client().names().iter().filter(|n| **n == "heartbeat").count();
    assert!((11..=13).contains(&beats), "on time while {fault:?}: {beats}");
    let calls = world.table.calls();
    assert!(calls < 60, "backs off: {calls} calls");
    feed(&world, "a", "negative", -0.5, &["AAPL"]);
    for sentiment in Sentiment::ALL {
        world.table.set_fault(sentiment, None);
    }
    world.run(10_000);
    let client = stream.client();
    assert_eq!(client.held.tickers["AAPL"]["label"], "negative", "{fault:?}");
    assert_eq!(degraded(&client.log), [false, true, false], "{fault:?}");
    let updates = client.names().iter().filter(|n| **n == "sentiment_update").count();
    assert_eq!(updates, 2, "no storm afterwards");
}

#[test]
fn failing_polls_degrade_and_recover() {
    check(Fault::Fail(Failure::Faulted));
}

#[test]
fn throttled_polls_degrade_and_recover() {
    check(Fault::Throttle);
}

#[test]
fn hanging_polls_degrade_and_recover() {
    check(Fault::Hang);
}

#[test]
fn one_failing_partition_degrades_and_the_others_are_applied() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    feed(&world, "b", "negative", -0.5, &["MSFT"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(50);
    world.table.set_fault(Sentiment::Neutral, Some(Fault::Fail(Failure::Faulted)));
    feed(&world, "c", "positive", 0.25, &["TSLA"]);
    world.run(200);
    let client = stream.client();
    assert!(client.held.tickers.contains_key("TSLA"));
    assert_eq!(degraded(&client.log), [false, true]);
    let failed: Vec<_> =
        world.environments[0].telemetry.named(names::POLL).into_iter().filter(|p| p.error.is_some()).collect();
    assert!(!failed.is_empty() && failed.iter().all(|p| p.text("sentiment_type").as_deref() == Some("neutral")));
}

#[test]
fn no_state_is_sent_before_the_whole_window_was_read_once() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    world.table.set_fault(Sentiment::Negative, Some(Fault::Fail(Failure::Faulted)));
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(1_000);
    assert!(stream.client().names().iter().all(|n| *n == "heartbeat"));
    world.table.set_fault(Sentiment::Negative, None);
    world.run(1_000);
    assert_eq!(stream.client().held.tickers.len(), 1);
}

#[test]
fn partitions_that_failed_at_different_times_are_still_read_whole_together() {
    let mut world = World::new(Setup { life_ms: 1_000_000, ..Setup::default() }, 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    world.table.set_fault(Sentiment::Negative, Some(Fault::Fail(Failure::Faulted)));
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(3_000);
    world.table.set_fault(Sentiment::Negative, None);
    world.run(2_000);
    world.table.delete("a");
    world.run(55_200);
    assert_eq!(stream.client().held.tickers.len(), 0, "one cycle, begun with the first partition");
}

#[test]
fn metrics_that_hang_or_fail_delay_no_event() {
    for fault in [Fault::Hang, Fault::Fail(Failure::Faulted)] {
        let mut world = World::new(Setup { life_ms: 40_000, ..Setup::default() }, 1, 1);
        world.environments[0].metrics.set_fault(Some(fault));
        let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
        world.run(11_000);
        feed(&world, "a", "positive", 0.5, &["AAPL"]);
        world.run(100);
        assert_eq!(stream.client().held.tickers.len(), 1, "{fault:?}");
        world.run(29_000);
        assert!(stream.ended.get(), "{fault:?}");
    }
}
