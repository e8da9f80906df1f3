//! What a client sees first, and then.

use crate::reading::feed;
use expect_test::{Expect, expect};
use sse_core::{item::Ticker, plan::View};
use sse_tests::world::{Setup, World, header};

/// Names and data without what depends on the moment, one event a line.
fn check(bytes: &[u8], expected: &Expect) {
    let line = |e: sse_tests::client::Event| {
        let retry = e.retry_ms.map(|ms| format!(" retry={ms}")).unwrap_or_default();
        let id = if e.id.is_some() { " id" } else { "" };
        format!("{}{retry}{id} {}\n", e.event, e.data)
    };
    let lines: String = sse_tests::client::parse(bytes).into_iter().map(line).collect();
    expected.assert_eq(&lines);
}

fn only(tickers: &[&str]) -> View {
    View { tickers: Some(tickers.iter().filter_map(|t| Ticker::parse(t)).collect()), metrics: true }
}

#[test]
fn heartbeat_then_metrics_then_every_ticker_then_changes() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL", "MSFT"]);
    feed(&world, "b", "negative", -0.25, &["AAPL"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.settle();
    check(
        &stream.bytes(),
        &expect![[r#"
            heartbeat retry=4311 {"connections":1,"degraded":false,"timestamp":"2026-11-22T08:00:00.000Z","trace_id":"1-6b02a100-000000000000000000000001","uptime_seconds":0}
            metrics id {"by_tag":{"AAPL":2,"MSFT":1},"negative":1,"neutral":0,"positive":1,"rate_last_24h":2,"rate_last_hour":2,"tags":2,"timestamp":"2026-11-22T08:00:00.000Z","total":2}
            sentiment_update {"confidence":0.5,"count":2,"label":"positive","score":0.125,"source":"aggregate","ticker":"AAPL","timestamp":"2026-11-22T08:00:00.000Z"}
            sentiment_update id {"confidence":1.0,"count":1,"label":"positive","score":0.5,"source":"aggregate","ticker":"MSFT","timestamp":"2026-11-22T08:00:00.000Z"}
        "#]],
    );
    let before = stream.bytes().len();
    feed(&world, "b", "positive", 0.25, &["AAPL"]);
    world.run(150);
    check(
        &stream.bytes()[before..],
        &expect![[r#"
            metrics id {"by_tag":{"AAPL":2,"MSFT":1},"negative":0,"neutral":0,"positive":2,"rate_last_24h":2,"rate_last_hour":2,"tags":2,"timestamp":"2026-11-22T08:00:00.100Z","total":2}
            sentiment_update id {"confidence":1.0,"count":2,"label":"positive","score":0.375,"source":"aggregate","ticker":"AAPL","timestamp":"2026-11-22T08:00:00.100Z"}
        "#]],
    );
}

#[test]
fn a_filter_names_its_tickers_and_sends_absent_ones_as_gone() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL", "MSFT"]);
    let stream = world.environments[0].connect(None, only(&["MSFT", "NONE"]), None).expect("a slot");
    world.settle();
    check(
        &stream.bytes(),
        &expect![[r#"
            heartbeat retry=4311 {"connections":1,"degraded":false,"tickers":["MSFT","NONE"],"timestamp":"2026-11-22T08:00:00.000Z","uptime_seconds":0}
            metrics id {"by_tag":{"MSFT":1},"negative":0,"neutral":0,"positive":1,"rate_last_24h":1,"rate_last_hour":1,"tags":2,"timestamp":"2026-11-22T08:00:00.000Z","total":1}
            sentiment_update {"confidence":1.0,"count":1,"label":"positive","score":0.5,"source":"aggregate","ticker":"MSFT","timestamp":"2026-11-22T08:00:00.000Z"}
            sentiment_update id {"confidence":0.0,"count":0,"label":"neutral","score":0.0,"source":"aggregate","ticker":"NONE","timestamp":"2026-11-22T08:00:00.000Z"}
        "#]],
    );
}

#[test]
fn a_configuration_gets_no_metrics() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(None, View { metrics: false, ..only(&["AAPL"]) }, None).expect("a slot");
    world.settle();
    assert_eq!(stream.client().names(), ["heartbeat", "sentiment_update"]);
}

#[test]
fn a_ticker_that_leaves_is_sent_once_as_gone() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(50);
    feed(&world, "a", "positive", 0.5, &["MSFT"]);
    world.run(500);
    let client = stream.client();
    let gone: Vec<_> = client.log.iter().filter(|e| e.data["count"] == 0).map(|e| e.data["ticker"].clone()).collect();
    assert_eq!(gone, ["AAPL"]);
    assert_eq!(client.held.tickers.keys().collect::<Vec<_>>(), ["MSFT"]);
}

#[test]
fn heartbeats_keep_their_own_time() {
    let mut world = World::new(Setup::default(), 1, 1);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(2_250);
    let beats = stream.client().names().iter().filter(|n| **n == "heartbeat").count();
    assert_eq!(beats, 5, "at 0, 500, 1000, 1500, 2000 ms");
}

#[test]
fn an_empty_table_gives_empty_metrics() {
    let mut world = World::new(Setup::default(), 1, 1);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(350);
    assert_eq!(stream.client().names(), ["heartbeat", "metrics"]);
}

#[test]
fn reconnect_delays_are_spread_over_half_of_the_setting_to_either_side() {
    let world = World::new(Setup::default(), 1, 1);
    let delays: Vec<_> = (0..200).map(|_| world.environments[0].plan(View::ALL, None).retry.as_millis()).collect();
    let (least, most) = (delays.iter().min().expect("delays"), delays.iter().max().expect("delays"));
    assert!((1_500..1_700).contains(least) && (4_300..=4_500).contains(most), "{least} to {most}");
}
