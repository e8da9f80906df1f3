//! The ledger under any sequence of outcomes and cancellations: every span that was made is delivered, written to the
//! log or folded in the end, and the lines say so.
//! Rule: Ledger.

use super::tests::{Bench, bench, event};
use crate::testing::{Step, hex, names, spans};
use futures::{FutureExt, executor::block_on, future::BoxFuture};
use lambda_trace::{EndReason, Invocation, SpanKind, Streaming};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

#[derive(Clone, Debug)]
enum Op {
    Open,
    /// Events, of the open stream with this index.
    Events(usize, usize),
    Poll(usize),
    /// A span that is never finished.
    Leak(usize),
    /// Ends a stream; a flush that hangs is dropped at its limit.
    End(usize),
    /// Begins an export in mid-stream, and leaves it pending if it hangs.
    Export,
    /// Polls the pending export again, once its limit has passed, or drops it.
    DropExport(bool),
    /// An unsampled invocation's flush, dropped if it hangs.
    FlushNone,
    LastWords,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Open),
        6 => (0..4_usize, 1..70_usize).prop_map(|(i, n)| Op::Events(i, n)),
        2 => (0..4_usize).prop_map(Op::Poll),
        1 => (0..4_usize).prop_map(Op::Leak),
        4 => (0..4_usize).prop_map(Op::End),
        2 => Just(Op::Export),
        2 => any::<bool>().prop_map(Op::DropExport),
        2 => Just(Op::FlushNone),
        1 => Just(Op::LastWords),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Accept),
        2 => prop_oneof![Just(400_u16), Just(413), Just(408), Just(429), Just(500), Just(503), Just(302)].prop_map(Step::Status),
        1 => Just(Step::Partial(1)),
        1 => Just(Step::Refuse),
        1 => Just(Step::Break),
        2 => Just(Step::Hang),
    ]
}

/// A run: the streams that are open, the spans that were made, by stream.
struct Run {
    bench: Bench,
    open: Vec<(u64, Invocation<Streaming>)>,
    made: BTreeMap<u64, u64>,
    leaked: BTreeMap<u64, u64>,
    exporting: Option<BoxFuture<'static, ()>>,
}

impl Run {
    fn apply(&mut self, op: &Op) {
        match op {
            Op::Open => {
                let n = self.made.len() as u64 + 1;
                self.open.push((n, self.bench.stream(n)));
                self.made.insert(n, 1);
            }
            Op::Events(index, count) => {
                if let Some((n, stream)) = self.open.get(*index) {
                    for i in 0..*count {
                        event(stream, ["heartbeat", "metrics", "sentiment_update"][i % 3]);
                    }
                    *self.made.entry(*n).or_default() += *count as u64;
                }
            }
            Op::Poll(index) => {
                if let Some((n, stream)) = self.open.get(*index) {
                    for partition in ["positive", "neutral", "negative"] {
                        let mut span = stream.span(names::POLL, SpanKind::Client);
                        span.in_round(self.made[n]);
                        span.set("sentiment_type", partition);
                    }
                    *self.made.entry(*n).or_default() += 3;
                }
            }
            Op::Leak(index) => {
                if let Some((n, stream)) = self.open.get(*index) {
                    std::mem::forget(stream.span(names::DISPATCH, SpanKind::Internal));
                    *self.made.entry(*n).or_default() += 1;
                    *self.leaked.entry(*n).or_default() += 1;
                }
            }
            Op::End(index) if *index < self.open.len() => {
                let (_, stream) = self.open.remove(*index);
                self.end(stream);
            }
            Op::End(_) => {}
            Op::Export => {
                // By way of a stream that is open.
                let Some((n, _)) = self.open.first() else { return };
                let mut export = self.bench.export(*n).boxed();
                if (&mut export).now_or_never().is_none() && self.exporting.is_none() {
                    self.exporting = Some(export);
                }
            }
            Op::DropExport(at_its_limit) => {
                if let Some(mut export) = self.exporting.take()
                    && *at_its_limit
                {
                    self.bench.clock.advance(Duration::from_secs(5));
                    if (&mut export).now_or_never().is_none() {
                        self.bench.clock.advance(Duration::from_millis(1));
                        assert!((&mut export).now_or_never().is_some());
                    }
                }
            }
            Op::FlushNone => drop(self.bench.flush_retained().now_or_never()),
            Op::LastWords => block_on(self.bench.sink.shutdown()),
        }
        self.bench.clock.advance(Duration::from_millis(100));
    }

    fn end(&self, stream: Invocation<Streaming>) {
        let mut ending = Box::pin(async { stream.finish(EndReason::Deadline).await.settle().await.outcome() });
        for ms in [0, 5_000, 10] {
            self.bench.clock.advance(Duration::from_millis(ms));
            if (&mut ending).now_or_never().is_some() {
                return;
            }
        }
        unreachable!("a flush ends at its limit");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_span_is_accounted_for(
        ops in proptest::collection::vec(op(), 0..40),
        script in proptest::collection::vec(step(), 0..40),
        retain_bytes in prop_oneof![Just(0_usize), 1_000..20_000_usize, Just(1 << 20)],
    ) {
        let mut run = Run {
            bench: bench(retain_bytes, script),
            open: Vec::new(),
            made: BTreeMap::new(),
            leaked: BTreeMap::new(),
            exporting: None,
        };
        for op in &ops {
            run.apply(op);
        }
        for (_, stream) in std::mem::take(&mut run.open) {
            run.end(stream);
        }
        run.exporting = None;
        block_on(run.bench.sink.shutdown());

        let bench = &run.bench;
        let late = bench.ledger("telemetry ledger late");
        for (n, made) in &run.made {
            let id = format!("request-{n}");
            // Checks the identity, too.
            let line = bench.settled(&id);
            prop_assert_eq!(line["created"].as_u64(), Some(*made));
            prop_assert_eq!(line["missing"].as_u64().unwrap_or(0), run.leaked.get(n).copied().unwrap_or(0));
            let settled_late = late.iter().filter(|l| l["request_id"] == id.as_str());
            let settled_late: u64 = settled_late.map(|l| l["delivered"].as_u64().unwrap_or(0) + l["logged"].as_u64().unwrap_or(0)).sum();
            prop_assert_eq!(line["retained"].as_u64(), Some(settled_late), "retained {}", line);
        }
        let all = bench.ledger("telemetry ledger").into_iter().chain(late).collect::<Vec<_>>();
        let sum = |key: &str| all.iter().map(|line| line[key].as_u64().unwrap_or(0)).sum::<u64>();
        let accepted: Vec<String> = bench.collector.accepted().iter().map(|span| hex(&span.span_id)).collect();
        let given_up: BTreeSet<String> = bench.given_up().iter().map(|span| hex(&span.span_id)).collect();
        let found: BTreeSet<&String> = accepted.iter().chain(&given_up).collect();
        prop_assert_eq!(found.len() as u64, sum("delivered") + sum("logged"), "every span is somewhere");
        prop_assert_eq!(accepted.len() as u64, sum("delivered"), "what was accepted is called delivered, once");
        prop_assert!(given_up.len() as u64 >= sum("logged"));
        let sent: usize = bench.collector.requests.lock().expect("lock").iter().cloned().map(|r| spans(r).len()).sum();
        prop_assert!(sent >= accepted.len());
    }
}
