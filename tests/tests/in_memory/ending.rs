//! Every way out of a stream: what the client reads last, what the trace says, in which order.
//! Rule: FR-031. Rule: FR-055.

use crate::reading::feed;
use async_trait::async_trait;
use futures::{FutureExt, channel::oneshot};
use lambda_trace::{AwsCall, CallError, EndReason, FlushOutcome, ReadyForNext};
use sse_adapters::memory::Fault;
use sse_core::{
    names,
    plan::{Limits, View},
    ports::{Page, Poller, Query},
};
use sse_tests::world::{Connection, Setup, World, header};
use std::{pin::pin, sync::atomic::Ordering::SeqCst, time::Duration};

/// A poller that breaks the rules of its port.
enum Odd {
    Hangs,
    Panics,
}

#[async_trait]
impl Poller for Odd {
    fn target(&self) -> AwsCall {
        AwsCall { service: "DynamoDB", operation: "Query", attempts: 1, ..AwsCall::default() }
    }

    async fn page(&self, _: Query<'_>) -> Result<Page, CallError> {
        match self {
            Self::Hangs => std::future::pending().await,
            Self::Panics => panic!("a bug"),
        }
    }
}

fn limits(stream_max_ms: u64) -> Setup {
    let base = Setup::default();
    Setup { limits: Limits { stream_max: Some(Duration::from_millis(stream_max_ms)), ..base.limits }, ..base }
}

#[test]
fn the_deadline_ends_by_its_timer_while_a_poll_hangs() {
    let mut world = World::with_poller(Setup::default(), |_| std::sync::Arc::new(Odd::Hangs));
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(9_000);
    let client = stream.client();
    assert_eq!(client.names().last(), Some(&"deadline"));
    assert_eq!(client.log.last().map(|e| e.data["remaining_ms"].clone()), Some(1_000.into()));
    assert_eq!((stream.reason(), stream.ended.get(), stream.aborted()), (Some(EndReason::Deadline), true, false));
    let polls = world.environments[0].telemetry.named(names::POLL);
    assert!(polls.iter().all(|p| p.text("cancelled").as_deref() == Some("true") && p.error.is_none()));
    assert!(polls.iter().all(|p| p.text("rpc.service").as_deref() == Some("DynamoDB")), "no second service node");
}

#[test]
fn stream_max_ends_with_done() {
    let mut world = World::new(limits(700), 1, 1);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(699);
    assert!(!stream.ended.get());
    world.run(1);
    let last = stream.client().log.pop().expect("events");
    assert_eq!((last.event.as_str(), &last.data["reason"]), ("done", &"stream_max".into()));
    assert_eq!(stream.reason(), Some(EndReason::StreamMax));
}

#[test]
fn a_deadline_nearer_than_the_margin_is_a_heartbeat_and_a_goodbye() {
    for life_ms in [800, 650, 400, 10] {
        let mut world = World::new(Setup { life_ms, ..Setup::default() }, 1, 1);
        let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
        world.run(10);
        assert_eq!(stream.client().names(), ["heartbeat", "deadline"], "{life_ms} ms");
        assert!(stream.ended.get());
    }
}

#[test]
fn shutdown_says_done_and_skips_the_metrics() {
    let mut world = World::new(Setup::default(), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(50);
    let puts = world.environments[0].metrics.calls();
    world.run(100);
    world.environments[0].ports.shutdown.ask();
    world.settle();
    let last = stream.client().log.pop().expect("events");
    assert_eq!((last.event.as_str(), &last.data["reason"]), ("done", &"shutdown".into()));
    assert_eq!(stream.reason(), Some(EndReason::Shutdown));
    assert_eq!(world.environments[0].metrics.calls(), puts, "though there was something to report");
}

#[test]
fn a_client_that_leaves_ends_its_stream_and_nothing_else() {
    let mut world = World::new(Setup::default(), 1, 1);
    let leaver = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    let stayer = world.environments[0].connect(Some(&header(2)), View::ALL, None).expect("a slot");
    world.run(250);
    leaver.cut();
    world.settle();
    assert_eq!((leaver.reason(), stayer.reason()), (Some(EndReason::ClientDisconnected), None));
    let released = world.environments[0].telemetry.named(names::RELEASE);
    assert_eq!(released.len(), 1);
    assert_eq!(released[0].text("current_count").as_deref(), Some("1"));
}

#[test]
fn the_end_keeps_the_order_of_the_contract() {
    let mut world = World::new(limits(700), 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(20_000);
    assert!(stream.ended.get());
    let story = world.environments[0].telemetry.story();
    let at = |word: &str| story.iter().rposition(|w| w == word).unwrap_or_else(|| panic!("{word} in {story:?}"));
    let order = [names::POLL, names::DISPATCH, names::RELEASE, names::STREAM, "flush", "flushed", "closed"];
    let places: Vec<_> = order.iter().map(|w| at(w)).collect();
    assert!(places.is_sorted(), "{story:?}");
    assert_eq!(story[0], names::HANDLER);
    assert_eq!(places.last(), Some(&(story.len() - 1)), "nothing after the last word: {story:?}");
    let ledger = &world.environments[0].telemetry.closed()[0];
    assert_eq!(ledger.created, world.environments[0].telemetry.spans().len() as u64);
}

#[test]
fn a_hanging_flush_costs_the_client_half_a_second_and_the_loop_its_limit() {
    let mut world = World::new(Setup { life_ms: 60_000, ..limits(700) }, 1, 1);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(600);
    world.environments[0].telemetry.hangs.store(true, SeqCst);
    world.run(100 + 499);
    assert_eq!((stream.client().names().last(), stream.ended.get()), (Some(&"done"), false));
    world.run(1);
    assert_eq!((stream.ended.get(), stream.aborted(), stream.settled.borrow().is_none()), (true, false, true));
    world.run(4_502);
    let closed = &world.environments[0].telemetry.closed()[0];
    assert_eq!((closed.outcome.as_str(), closed.flush_time.as_millis()), ("timeout", 5_001));
}

#[test]
fn the_flush_ends_half_a_second_before_the_deadline() {
    let mut world = World::new(Setup::default(), 1, 1);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.environments[0].telemetry.hangs.store(true, SeqCst);
    world.run(9_400);
    assert!(stream.ended.get() && stream.settled.borrow().is_none());
    world.run(102);
    assert!(stream.settled.borrow().is_some(), "deadline - 500 ms, and one last look");
}

#[test]
fn sigterm_cuts_a_flush_that_goes_on_short_and_it_is_accounted_for() {
    for after_ms in [50, 700] {
        let mut world = World::new(Setup { life_ms: 60_000, ..limits(700) }, 1, 1);
        let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
        world.run(600);
        world.environments[0].telemetry.hangs.store(true, SeqCst);
        world.run(100 + after_ms);
        world.environments[0].ports.shutdown.ask();
        world.run(200);
        assert!(stream.settled.borrow().is_none());
        world.run(2);
        assert_eq!((stream.ended.get(), stream.aborted()), (true, false));
        let closed = &world.environments[0].telemetry.closed()[0];
        let flush_time = Duration::from_millis(after_ms + 201);
        assert_eq!((closed.outcome.as_str(), closed.flush_time), ("timeout", flush_time), "after {after_ms} ms");
        let settled = stream.settled.borrow();
        let summary = &settled.as_ref().expect("settled").1;
        assert_eq!(
            (summary.reason, summary.duration),
            (EndReason::StreamMax, Duration::from_millis(700)),
            "the stream's, not the flush's"
        );
    }
}

#[test]
fn sigterm_gives_up_the_last_metrics_and_flushes() {
    let mut world = World::new(Setup { life_ms: 60_000, ..limits(700) }, 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(600);
    world.environments[0].metrics.set_fault(Some(Fault::Hang));
    world.run(200);
    assert!(world.environments[0].telemetry.closed().is_empty(), "the last metrics are under way");
    world.environments[0].ports.shutdown.ask();
    world.run(1);
    assert_eq!(world.environments[0].telemetry.closed()[0].outcome, FlushOutcome::Ok);
    assert_eq!((stream.ended.get(), stream.aborted(), stream.reason()), (true, false, Some(EndReason::StreamMax)));
    let puts = world.environments[0].telemetry.named(names::PUT_METRIC);
    assert_eq!(puts.last().and_then(|put| put.text("cancelled")).as_deref(), Some("true"));
}

/// A stream of 700 ms with an export under way that ends when the collector, the last of the three, is dropped.
fn exporting() -> (World, Connection, oneshot::Sender<()>) {
    let world = World::new(Setup { life_ms: 60_000, ..limits(700) }, 1, 1);
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    let (collector, until) = oneshot::channel();
    *world.environments[0].telemetry.export_until.lock().unwrap() = Some(until);
    (world, stream, collector)
}

/// The same; what is exported are other streams' spans.
fn exporting_for_others() -> (World, Connection, oneshot::Sender<()>) {
    let exporting = exporting();
    exporting.0.environments[0].telemetry.exports_for_others.store(true, SeqCst);
    exporting
}

#[test]
fn an_export_under_way_at_the_end_costs_nobody_a_second_wait() {
    let (mut world, stream, _collector) = exporting();
    world.run(700 + 499);
    assert_eq!((stream.client().names().last(), stream.ended.get()), (Some(&"done"), false));
    world.run(1);
    assert!(stream.ended.get(), "the body waits half a second in all");
    world.run(4_502);
    let closed = &world.environments[0].telemetry.closed()[0];
    assert_eq!((closed.outcome.as_str(), closed.flush_time.as_millis()), ("timeout", 5_001));
    let story = world.environments[0].telemetry.story();
    assert!(!story.iter().any(|word| word == "exported"), "{story:?}");
}

#[test]
fn the_flush_waits_for_an_export_under_way_and_does_not_drop_it() {
    let (mut world, stream, collector) = exporting();
    world.run(700 + 200);
    assert!(!stream.ended.get());
    drop(collector);
    world.settle();
    assert!(stream.ended.get() && stream.settled.borrow().is_some());
    let story = world.environments[0].telemetry.story();
    assert_eq!(story[story.len() - 4..], ["flush", "exported", "flushed", "closed"], "{story:?}");
}

#[test]
fn an_export_that_the_flush_does_not_wait_for_is_not_dropped_either() {
    let (mut world, stream, collector) = exporting_for_others();
    world.run(700 + 200);
    assert!(stream.ended.get(), "its own spans are delivered");
    assert!(stream.settled.borrow().is_none(), "but the spans of others are on their way");
    drop(collector);
    world.settle();
    assert!(stream.settled.borrow().is_some());
    let story = world.environments[0].telemetry.story();
    assert_eq!(story[story.len() - 4..], ["flush", "flushed", "closed", "exported"], "{story:?}");
}

#[test]
fn an_export_is_waited_for_as_long_as_a_flush() {
    let (mut world, stream, _collector) = exporting_for_others();
    world.run(700 + 5_000);
    assert!(stream.settled.borrow().is_none(), "one last look");
    world.run(1);
    assert!(stream.settled.borrow().is_some());
}

#[test]
fn without_an_invocation_the_flush_keeps_to_its_deadline_all_the_same() {
    let mut world = World::new(Setup::default(), 1, 1);
    world.environments[0].telemetry.hangs.store(true, SeqCst);
    let tracing = world.environments[0].tracing();
    let near = world.now().plus(Duration::from_secs(2));
    let mut after_a_panic = pin!(ReadyForNext::without_invocation(&tracing, Some(near)));
    let mut at_start = pin!(ReadyForNext::without_invocation(&tracing, None));
    assert!(after_a_panic.as_mut().now_or_never().is_none() && at_start.as_mut().now_or_never().is_none());
    world.run(1_499);
    assert!(after_a_panic.as_mut().now_or_never().is_none());
    world.run(1);
    assert!(after_a_panic.as_mut().now_or_never().is_none(), "one last look");
    world.run(1);
    assert_eq!(after_a_panic.now_or_never().map(|settled| settled.outcome()), Some(FlushOutcome::Timeout));
    world.run(3_500);
    assert!(at_start.as_mut().now_or_never().is_none(), "one last look");
    world.run(1);
    assert!(at_start.now_or_never().is_some());
}

#[test]
fn a_refused_stream_is_traced_as_such() {
    let mut world = World::new(Setup { slots: 1, ..Setup::default() }, 1, 1);
    let held = world.environments[0].connect(Some(&header(1)), View::ALL, None);
    assert!(world.environments[0].connect(Some(&header(2)), View::ALL, None).is_none());
    world.settle();
    let second: Vec<_> =
        world.environments[0].telemetry.spans().into_iter().filter(|s| s.trace.ends_with('2')).collect();
    assert_eq!(second.iter().map(|s| s.name).collect::<Vec<_>>(), [names::ACQUIRE, names::STREAM]);
    assert_eq!(second[1].text("end_reason").as_deref(), Some("rejected"));
    assert_eq!(second[0].text("current_count").as_deref(), Some("1"));
    drop(held);
}

#[test]
fn a_panic_closes_every_span_breaks_the_body_and_still_flushes() {
    let mut world = World::with_poller(Setup::default(), |_| std::sync::Arc::new(Odd::Panics));
    let stream = world.environments[0].connect(Some(&header(1)), View::ALL, None).expect("a slot");
    world.run(10);
    assert_eq!((stream.aborted(), stream.reason()), (true, Some(EndReason::Error)));
    let telemetry = &world.environments[0].telemetry;
    assert_eq!(telemetry.named(names::STREAM)[0].text("end_reason").as_deref(), Some("error"));
    assert_eq!(telemetry.named(names::RELEASE).len(), 1);
    assert_eq!(telemetry.closed()[0].created, telemetry.spans().len() as u64);
    assert_eq!(telemetry.story().last().map(String::as_str), Some("closed"));
}
