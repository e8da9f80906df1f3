//! Spans of a stream: which, whose, with what.

use crate::reading::feed;
use lambda_trace::SpanId;
use sse_core::{names, plan::View};
use sse_tests::world::{Setup, World, header};
use std::collections::{BTreeMap, BTreeSet};

/// Rule: FR-001. Rule: FR-027. Rule: FR-031. Rule: FR-053.
#[test]
fn every_operation_is_a_span_under_the_stream_and_the_stream_under_the_segment() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(20_000);
    assert!(stream.ended.get());
    let telemetry = &world.environments[0].telemetry;
    let root = telemetry.named(names::STREAM).remove(0);
    assert_eq!(Some(root.parent), SpanId::new(0x5399_5c3f_42cd_8ad8));
    let mut names_seen = BTreeMap::<_, usize>::new();
    for span in telemetry.spans() {
        *names_seen.entry(span.name).or_default() += 1;
        assert!(span.name == names::STREAM || span.parent == root.id, "{span:?}");
        assert!(span.start >= root.start && span.end <= root.end, "inside the stream: {span:?}");
        assert_eq!(span.trace, root.trace);
    }
    let expected = [names::ACQUIRE, names::RELEASE, names::POLL, names::DISPATCH, names::PUT_METRIC, names::STREAM];
    assert_eq!(names_seen.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from(expected));
    assert_eq!(names_seen[names::POLL] as u64, world.table.calls(), "each call is one span");
    assert_eq!(names_seen[names::PUT_METRIC] as u64, world.environments[0].metrics.calls());
    let events = stream.client().log.len();
    assert_eq!(names_seen[names::DISPATCH], events);
    assert_eq!(root.text("events_yielded"), Some(events.to_string()));
}

/// Rule: FR-001.
#[test]
fn attributes_are_those_of_the_contract() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(20_000);
    drop(stream);
    let telemetry = &world.environments[0].telemetry;
    let keys = |name: &str| {
        let span = telemetry.named(name).remove(0);
        span.attributes.iter().map(|(k, _)| *k).collect::<BTreeSet<_>>()
    };
    let aws = ["rpc.system", "rpc.service", "rpc.method", "aws.region", "aws.request_id", "attempts"];
    let with_aws = |own: &[&'static str]| own.iter().copied().chain(aws).collect::<BTreeSet<_>>();
    assert_eq!(
        keys(names::POLL),
        with_aws(&[
            "sentiment_type",
            "item_count",
            "skipped_count",
            "changed_count",
            "poll_duration_ms",
            "aws.table_name"
        ])
    );
    assert!(keys(names::PUT_METRIC).is_superset(&BTreeSet::from(["metric_count", "rpc.service"])));
    assert_eq!(keys(names::ACQUIRE), BTreeSet::from(["connection_id", "current_count", "max_connections"]));
    assert_eq!(keys(names::RELEASE), keys(names::ACQUIRE));
    assert_eq!(keys(names::DISPATCH), BTreeSet::from(["event_type", "latency_ms", "is_cold_start", "is_clock_skew"]));
    let root = telemetry.named(names::STREAM).remove(0);
    assert_eq!(root.text("aws.xray.annotations").as_deref(), Some("connection_id,end_reason,is_cold_start"));
    assert_eq!(root.text("is_cold_start").as_deref(), Some("true"));
}

/// Rule: FR-059.
#[test]
fn warm_invocations_each_have_their_own_trace() {
    let mut world = World::new(Setup { life_ms: 2_000, ..Setup::default() }, 1, 1);
    for n in 1..=3 {
        let stream = world.environments[0].connect(Some(&header(n)), View::ALL, None).expect("a slot");
        world.run(2_000);
        assert!(stream.ended.get());
    }
    let telemetry = &world.environments[0].telemetry;
    let roots = telemetry.named(names::STREAM);
    assert_eq!(roots.iter().map(|r| &r.trace).collect::<BTreeSet<_>>().len(), 3);
    assert_eq!(roots.iter().filter(|r| r.text("is_cold_start").as_deref() == Some("true")).count(), 1);
    for span in telemetry.spans().iter().filter(|s| s.name != names::STREAM) {
        let root = roots.iter().find(|r| r.id == span.parent).expect("a parent");
        assert_eq!(root.trace, span.trace);
    }
}

/// Rule: FR-056.
#[test]
fn an_untraced_invocation_records_nothing_and_streams_all_the_same() {
    for trace_header in [None, Some("garbage"), Some("Root=1-6b02a100-000000000000000000000001;Sampled=1")] {
        let mut world = World::new(Setup { life_ms: 2_000, ..Setup::default() }, 1, 1);
        feed(&world, "a", "positive", 0.5, &["AAPL"]);
        let stream = world.environments[0].connect(trace_header, View::ALL, None).expect("a slot");
        world.run(2_000);
        let client = stream.client();
        assert!(client.log.iter().all(|e| e.data.get("trace_id").is_none()));
        assert_eq!((client.held.tickers.len(), stream.ended.get()), (1, true));
        assert_eq!(world.environments[0].telemetry.story(), ["flush", "flushed"], "retained spans get their chance");
    }
}

#[test]
fn polls_of_others_are_counted_not_shown() {
    let mut world = World::new(Setup::default(), 1, 1);
    let first = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    let second = world.environments[0].connect(Some(&header(2)), View::ALL, None).expect("a slot");
    world.run(20_000);
    drop((first, second));
    let telemetry = &world.environments[0].telemetry;
    let (polls, roots) = (telemetry.named(names::POLL), telemetry.named(names::STREAM));
    let rounds = world.table.calls() / 3;
    for root in &roots {
        let own = polls.iter().filter(|p| p.trace == root.trace).count() as u64 / 3;
        let shared: u64 = root.text("polls_shared").and_then(|n| n.parse().ok()).expect("a count");
        assert!(own + shared <= rounds && own + shared + 2 >= rounds, "{own} + {shared} of {rounds}");
    }
}

#[test]
fn only_the_first_twenty_failures_of_a_trace_are_indexed() {
    let mut world = World::new(Setup { life_ms: 100_000, ..Setup::default() }, 1, 1);
    for sentiment in sse_core::item::Sentiment::ALL {
        world.table.set_fault(sentiment, Some(sse_adapters::memory::Fault::Fail(lambda_trace::Failure::Faulted)));
    }
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(30_000);
    drop(stream);
    let failed = world.environments[0].telemetry.named(names::POLL);
    assert!(failed.len() > 20 && failed.iter().all(|s| s.error.is_some() && s.text("error_type").is_some()));
    let indexed = failed.iter().filter(|s| s.text("aws.xray.annotations").is_some()).count();
    assert_eq!(indexed, 20);
}
