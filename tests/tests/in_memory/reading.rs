//! What is read, how often, and by whom.

use lambda_trace::{Clock, Timestamp};
use sse_core::{item::Sentiment, names, plan::View};
use sse_tests::world::{Setup, World, header, item};
use std::time::Duration;

/// Writes an item, dated now.
pub(crate) fn feed(world: &World, id: &str, sentiment: &str, score: f64, tickers: &[&str]) {
    let sentiment = Sentiment::parse(sentiment).expect("a sentiment");
    world.table.put(item(id, world.clock.now(), sentiment, score, tickers));
}

/// Rule: FR-027. Rule: Shared reading.
#[test]
fn one_stream_reads_for_all_and_each_call_is_in_one_trace() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let streams: Vec<_> =
        (0..50).filter_map(|n| world.environments[0].connect(Some(&header(n + 1)), View::ALL, None)).collect();
    world.run(1_050);
    assert_eq!(
        world.table.calls(),
        36,
        "three partitions, eleven rounds, and one look for misdated items, whatever the number of streams"
    );
    assert_eq!(world.environments[0].telemetry.named(names::POLL).len(), 36);
    for stream in &streams {
        assert_eq!(stream.client().held.tickers.len(), 1);
    }
}

/// Seen with a window of 200,000 items and 100 streams: with each round due again as it landed, all but its leader waited for
/// the next one, for ever.
#[test]
fn a_round_longer_than_the_interval_is_for_all_who_waited_for_it() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    for sentiment in Sentiment::ALL {
        world.table.set_fault(sentiment, Some(sse_adapters::memory::Fault::Slow(Duration::from_millis(250))));
    }
    let streams: Vec<_> =
        (0..20).filter_map(|n| world.environments[0].connect(Some(&header(n + 1)), View::ALL, None)).collect();
    world.run(260);
    for stream in &streams {
        assert_eq!(stream.client().held.tickers.len(), 1);
    }
}

#[test]
fn a_leader_that_goes_away_is_replaced_at_once() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    for sentiment in Sentiment::ALL {
        world.table.set_fault(sentiment, Some(sse_adapters::memory::Fault::Slow(Duration::from_millis(40))));
    }
    let leader = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.settle();
    let followers: Vec<_> =
        (2..5).filter_map(|n| world.environments[0].connect(Some(&header(n)), View::ALL, None)).collect();
    world.run(10);
    leader.cut();
    world.run(45);
    for stream in &followers {
        assert_eq!(stream.client().held.tickers.len(), 1);
    }
    let polls = world.environments[0].telemetry.named(names::POLL);
    let cancelled = polls.iter().filter(|s| s.text("cancelled").is_some()).count();
    assert_eq!((polls.len(), cancelled, world.table.calls()), (6, 3, 6), "one follower took over, alone");
    let payers: std::collections::BTreeSet<_> = polls.iter().map(|s| s.trace.clone()).collect();
    assert_eq!(payers.len(), 2);
}

/// One partition was read when its leader went away, and then changed: whoever goes on behind that looks at it again, before it
/// shows a first state. Found by the tests of interleavings.
#[test]
fn what_a_leader_that_went_away_had_read_is_brought_up_to_date() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    world.table.set_fault(Sentiment::Negative, Some(sse_adapters::memory::Fault::Slow(Duration::from_millis(40))));
    let leader = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(10);
    leader.cut();
    world.run(10);
    feed(&world, "b", "positive", 0.5, &["MSFT"]);
    world.run(60_000);
    feed(&world, "c", "positive", 0.5, &["NVDA"]);
    let other = world.environments[0].connect(Some(&header(2)), View::ALL, None).expect("a slot");
    world.run(85);
    let held: Vec<_> = other.client().held.tickers.into_keys().collect();
    assert_eq!((held, world.table.calls()), (["AAPL", "MSFT", "NVDA"].map(String::from).into(), 7));
}

#[test]
fn a_new_stream_takes_what_was_read_a_moment_ago() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let first = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(30);
    let second = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.settle();
    assert_eq!((world.table.calls(), second.client().held.tickers.len()), (3, 1));
    drop(first);
}

#[test]
fn after_a_long_freeze_it_reads_before_it_shows_state() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let first = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(30);
    first.cut();
    world.run(30);
    world.environments[0].frozen = true;
    world.run(5_000);
    feed(&world, "a", "negative", -0.5, &["MSFT"]);
    world.environments[0].frozen = false;
    let second = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.settle();
    let client = second.client();
    assert_eq!(client.held.tickers.keys().collect::<Vec<_>>(), ["MSFT"]);
    assert_eq!(client.names(), ["heartbeat", "metrics", "sentiment_update"], "AAPL was never shown");
}

#[test]
fn an_item_written_late_within_the_overlap_is_found_and_one_later_by_the_full_read() {
    let setup = Setup { life_ms: 100_000, ..Setup::default() };
    let mut world = World::new(setup, 1, 1);
    feed(&world, "new", "positive", 0.5, &["NEW"]);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(50);
    let ago = |ms: u64| world.clock.now().minus(Duration::from_millis(ms));
    world.table.put(item("late", ago(900), Sentiment::Positive, 0.5, &["LATE"]));
    world.table.put(item("later", ago(5_000), Sentiment::Positive, 0.5, &["LATER"]));
    world.run(200);
    assert_eq!(stream.client().held.tickers.keys().collect::<Vec<_>>(), ["LATE", "NEW"]);
    world.run(60_000);
    assert_eq!(stream.client().held.tickers.keys().collect::<Vec<_>>(), ["LATE", "LATER", "NEW"]);
}

#[test]
fn a_deleted_item_goes_with_the_full_read() {
    let mut world = World::new(Setup { life_ms: 100_000, ..Setup::default() }, 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(50);
    world.table.delete("a");
    world.run(47_000);
    assert_eq!(stream.client().held.tickers.len(), 1);
    world.run(13_200);
    assert_eq!(stream.client().held.tickers.len(), 0);
}

/// Rule: Patience.
#[test]
fn full_reads_of_environments_that_started_together_do_not_coincide() {
    let setup = Setup { life_ms: 100_000, ..Setup::default() };
    let mut world = World::new(setup, 8, 1);
    world.table.put(item("old", world.clock.now().minus(Duration::from_secs(30)), Sentiment::Positive, 0.5, &["OLD"]));
    feed(&world, "new", "positive", 0.5, &["NEW"]);
    let began = world.clock.now();
    let streams: Vec<_> = world.environments.iter().map(|e| e.connect(Some(&header(1)), View::ALL, None)).collect();
    world.run(61_000);
    drop(streams);
    // Only a read of the whole window meets the old item.
    let second = |environment: &sse_tests::world::Environment| {
        let polls = environment.telemetry.named(names::POLL);
        let full = polls.iter().filter(|s| s.text("item_count").as_deref() == Some("2"));
        full.map(|s| s.start.since(began)).nth(1).expect("a second read of the whole window")
    };
    let times: Vec<_> = world.environments.iter().map(second).collect();
    assert!(
        times.iter().all(|at| (Duration::from_secs(48)..=Duration::from_millis(60_100)).contains(at)),
        "20 % sooner at the most: {times:?}"
    );
    let apart: std::collections::BTreeSet<_> = times.iter().collect();
    assert!(apart.len() >= 6, "{times:?}");
}

#[test]
fn items_leave_on_time_while_no_read_is_due() {
    let mut setup = Setup { life_ms: 100_000, ..Setup::default() };
    setup.read.interval = Duration::from_secs(50);
    let mut world = World::new(setup, 1, 1);
    let mut mortal = item("a", world.clock.now(), Sentiment::Positive, 0.5, &["AAPL"]);
    mortal.expires_at = Some(world.clock.now().plus(Duration::from_secs(5)));
    world.table.put(mortal);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(4_999);
    assert_eq!(stream.client().held.tickers.len(), 1);
    world.run(1);
    assert_eq!((stream.client().held.tickers.len(), world.table.calls()), (0, 3));
}

#[test]
fn many_pages_are_one_round() {
    let mut world = World::new(Setup::default(), 1, 1);
    world.table.set_page_items(7);
    for n in 0..50 {
        feed(&world, &format!("i{n}"), "positive", 0.5, &[&format!("T{n}")]);
    }
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.settle();
    let client = stream.client();
    assert_eq!(client.held.tickers.len(), 50);
    assert_eq!(client.names().iter().filter(|n| **n == "metrics").count(), 1, "published once");
}

#[test]
fn the_item_bound_holds_and_says_so() {
    let mut setup = Setup::default();
    setup.read.max_items = 10;
    let mut world = World::new(setup, 1, 1);
    world.table.set_page_items(4);
    for n in 0..30 {
        world.clock.advance(Duration::from_millis(1));
        feed(&world, &format!("i{n}"), "positive", 0.5, &[&format!("T{n}")]);
    }
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.settle();
    let metrics = stream.client().held.metrics.expect("metrics");
    assert_eq!((&metrics["total"], &metrics["truncated"]), (&10.into(), &true.into()));
    assert!(stream.client().held.tickers.contains_key("T29") && !stream.client().held.tickers.contains_key("T19"));
}

#[test]
fn a_date_ahead_does_not_move_the_mark_and_one_far_ahead_is_skipped() {
    let mut world = World::new(Setup::default(), 1, 1);
    let now = world.clock.now();
    world.table.put(item("ahead", now.plus(Duration::from_mins(1)), Sentiment::Positive, 0.5, &["AHEAD"]));
    world.table.put(item("far", now.plus(Duration::from_secs(400)), Sentiment::Positive, 0.5, &["FAR"]));
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(50);
    feed(&world, "now", "positive", 0.5, &["NOW"]);
    world.run(200);
    assert_eq!(stream.client().held.tickers.keys().collect::<Vec<_>>(), ["AHEAD", "NOW"]);
    assert_eq!(Timestamp::parse("x"), None);
}

#[test]
fn a_malformed_item_is_counted_once_however_often_it_is_read() {
    let mut world = World::new(Setup { life_ms: 60_000, ..Setup::default() }, 1, 1);
    world.table.put_malformed(Sentiment::Neutral, world.clock.now(), "bad");
    feed(&world, "good", "neutral", 0.0, &["GOOD"]);
    let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
    world.run(25_000);
    assert_eq!(stream.client().held.tickers.len(), 1);
    let skipped: u64 = world.environments[0]
        .metrics
        .batches()
        .iter()
        .flatten()
        .filter(|m| m.name == "ItemsSkipped")
        .map(|m| if let sse_core::ports::MetricValue::Counter(n) = m.reading { n } else { 0 })
        .sum();
    assert_eq!(skipped, 1);
}

/// Rule: Told.
#[test]
fn an_item_whose_date_no_read_looks_for_is_counted_once_and_told() {
    let mut world = World::new(Setup { life_ms: 200_000, ..Setup::default() }, 1, 1);
    world.table.put_misdated(Sentiment::Neutral, "epoch");
    feed(&world, "good", "neutral", 0.0, &["GOOD"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.settle();
    assert_eq!(
        (stream.client().held.tickers.len(), world.table.calls()),
        (1, 3),
        "the first state does not wait for it"
    );
    // Through two more reads of the whole window.
    world.run(130_000);
    let operator_log = world.environments[0].operator_log.clone();
    assert_eq!(operator_log.lines(), ["items skipped: UpdatedAt 1"]);
    let batches = world.environments[0].metrics.batches();
    let skipped = batches.iter().flatten().filter(|m| m.name == "ItemsSkipped").count();
    let polls = world.environments[0].telemetry.named(names::POLL);
    let seen = polls.iter().filter(|s| s.text("skipped_count").as_deref() == Some("1")).count();
    assert_eq!((skipped, seen), (1, 3), "once in the metric, with each read of the whole window on a span");
    world.table.delete("epoch");
    world.run(60_000);
    assert_eq!(operator_log.lines().last().map(String::as_str), Some("items skipped: "));
    drop(stream);
}

#[test]
fn why_items_are_skipped_is_told_once_a_change_and_stands_on_the_span() {
    let mut world = World::new(Setup { life_ms: 200_000, ..Setup::default() }, 1, 1);
    world.table.put_malformed(Sentiment::Neutral, world.clock.now(), "bad");
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(500);
    world.table.put(item("far", world.clock.now().plus(Duration::from_secs(400)), Sentiment::Neutral, 0.5, &["FAR"]));
    world.run(500);
    world.table.put_malformed(Sentiment::Neutral, world.clock.now(), "worse");
    world.run(500);
    for id in ["bad", "far", "worse"] {
        world.table.delete(id);
    }
    world.run(60_000);
    assert_eq!(
        world.environments[0].operator_log.lines(),
        ["items skipped: Score 1", "items skipped: UpdatedAtAhead 1, Score 1", "items skipped: "]
    );
    let polls = world.environments[0].telemetry.named(names::POLL);
    let neutral = polls.iter().filter(|s| s.text("sentiment_type").as_deref() == Some("neutral"));
    let counts: Vec<_> = neutral.filter_map(|s| Some((s.text("item_count")?, s.text("skipped_count")?))).collect();
    assert_eq!(counts[0], ("1".to_owned(), "1".to_owned()));
    assert_eq!(counts[13], ("3".to_owned(), "3".to_owned()), "what the table returned, usable or not");
    drop(stream);
}

/// Rule: Cost of a poll.
#[test]
fn a_quiet_poll_reads_the_overlap_and_not_the_window() {
    let mut world = World::new(Setup::default(), 1, 1);
    for n in 0..500 {
        let at = world.clock.now().minus(Duration::from_millis(5_000 + n * 1_000));
        world.table.put(item(&format!("i{n}"), at, Sentiment::Positive, 0.5, &["AAPL"]));
    }
    feed(&world, "new", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(1_000);
    drop(stream);
    let read = |s: &sse_tests::spy::Brief| s.text("item_count").and_then(|n| n.parse::<u64>().ok());
    let polls = world.environments[0].telemetry.named(names::POLL);
    let positive = polls.iter().filter(|s| s.text("sentiment_type").as_deref() == Some("positive"));
    let counts: Vec<_> = positive.filter_map(read).collect();
    assert_eq!((counts[0], counts[2]), (501, 0), "the window, and the one look for misdated items: {counts:?}");
    assert!(counts[1] == 1 && counts[3..].iter().all(|n| *n == 1), "{counts:?}");
}
