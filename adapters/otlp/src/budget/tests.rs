//! Rule: Trace budget.

use super::*;
use crate::{
    guard::Guard,
    size::Sizes,
    testing::{EVENT_TYPES_MAX, START_MS, names, policy, span},
};
use opentelemetry_sdk::Resource;
use proptest::prelude::*;
use reserve::ERROR_KINDS_MAX;

const LIFE_MS: u64 = 900_000;

const RESERVE_BYTES: usize = 16_000;

fn rules(total: usize) -> Rules {
    Rules::new(policy(), total, Sizes::new(&Resource::builder_empty().build()))
}

fn guard() -> Guard {
    rules(0).guard
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(START_MS + ms)
}

fn budget(total: usize) -> Budget {
    Budget::new(Arc::new(rules(total)), at(0), at(LIFE_MS))
}

fn buffered(
    name: &'static str,
    facet: &'static str,
    error: Option<String>,
    text: usize,
    ms: (u64, u64),
) -> BufferedSpan {
    let filler = "x".repeat(text);
    let message = error.as_ref().map(|_| "m".repeat(text));
    let key = if name == names::POLL { "sentiment_type" } else { "event_type" };
    let mut span = span(name, &[(key, facet), ("filler", &filler)], message.as_deref());
    if let (Some(exception), Some(error)) = (&mut span.exception, error) {
        exception.error_type = error.into();
    }
    (span.start, span.end) = (at(ms.0), at(ms.1));
    BufferedSpan::new(span, name == names::STREAM, &guard())
}

/// One of a round.
fn in_round(number: u64, buffered: BufferedSpan) -> BufferedSpan {
    let mut buffered = buffered;
    buffered.span.round = Some(number);
    buffered
}

fn bytes(buffer: &Queue) -> usize {
    buffer.iter().map(|buffered| buffered.document).sum()
}

const EVENT_TYPES: [&str; 7] = ["heartbeat", "metrics", "sentiment_update", "deadline", "done", "other", "more"];
const PARTITIONS: [&str; 3] = ["positive", "neutral", "negative"];

#[derive(Clone, Debug)]
struct Op {
    name: &'static str,
    facet: usize,
    error: Option<usize>,
    text: usize,
    pause_ms: u64,
    took_ms: u64,
    /// Another round begins.
    is_next_round: bool,
}

fn op() -> impl Strategy<Value = Op> {
    let name = prop_oneof![
        3 => Just(names::POLL), 4 => Just(names::DISPATCH), 2 => Just(names::PUT_METRIC),
        1 => Just(names::ACQUIRE), 1 => Just(names::RELEASE),
    ];
    let error = proptest::option::weighted(0.3, 0..12_usize);
    let pause = prop_oneof![Just(0_u64), 0..40_u64, 0..20_000_u64];
    (name, 0..7_usize, error, 0..2_500_usize, pause, 0..60_u64, any::<bool>()).prop_map(
        |(name, facet, error, text, pause_ms, took_ms, is_next_round)| Op {
            name,
            facet,
            error,
            text,
            pause_ms,
            took_ms,
            is_next_round,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_exceeded_and_the_reserve_is_always_there(
        ops in proptest::collection::vec(op(), 0..150),
        total in 20_000..200_000_usize,
    ) {
        let mut budget = budget(total);
        let mut buffer = Queue::default();
        let (mut now, mut latest, mut round) = (0, 0, 0);
        let (mut firsts, mut errors) = (Vec::new(), Vec::new());
        let mut last_event = None;
        for (n, op) in ops.iter().enumerate() {
            now += op.pause_ms;
            latest = latest.max(now + op.took_ms);
            let facet = match op.name {
                names::POLL => PARTITIONS[op.facet % 3],
                names::DISPATCH => EVENT_TYPES[op.facet],
                _ => "",
            };
            let error = op.error.map(|e| format!("Error{e}"));
            let buffered = buffered(op.name, facet, error.clone(), op.text, (now, now + op.took_ms));
            round += u64::from(op.is_next_round);
            let buffered = if op.name == names::POLL { in_round(round, buffered) } else { buffered };
            let mark = buffered.span.id;
            let first = (op.name, if op.name == names::DISPATCH { facet } else { "" });
            let is_known = firsts.iter().any(|(f, _)| *f == first);
            let types = firsts.iter().filter(|((name, _), _)| *name == names::DISPATCH).count();
            if let Some(error) = error
                && errors.len() < ERROR_KINDS_MAX
                && !errors.iter().any(|(e, _)| *e == (op.name, error.clone()))
            {
                errors.push(((op.name, error), mark));
            } else if !is_known && (op.name != names::DISPATCH || types < EVENT_TYPES_MAX) {
                firsts.push((first, mark));
            }
            if op.name == names::DISPATCH {
                last_event = Some(mark);
            }
            budget.offer(buffered, &mut buffer);
            let rest = total - RESERVE_BYTES;
            let accrued = rest / 4 + (rest - rest / 4) * usize::try_from(latest.min(LIFE_MS)).expect("small") / 900_000;
            prop_assert!(bytes(&buffer) <= RESERVE_BYTES + accrued + 4, "at {latest} ms");
            prop_assert_eq!(n + 1, buffer.len() + budget.kept() + usize::try_from(budget.folded()).expect("small"));
        }
        budget.settle(&mut buffer);
        prop_assert_eq!(budget.kept(), 0);
        let end = buffered(names::STREAM, "", None, 100, (0, latest));
        budget.offer(end, &mut buffer);
        prop_assert_eq!(ops.len() + 1, buffer.len() + usize::try_from(budget.folded()).expect("small"));
        prop_assert!(bytes(&buffer) <= total);
        prop_assert_eq!(buffer.iter().filter(|buffered| buffered.span.name == names::STREAM).count(), 1);
        let is_there = |mark| buffer.iter().any(|buffered| buffered.span.id == mark);
        for (first, mark) in firsts {
            prop_assert!(is_there(mark), "the first {first:?}");
        }
        for (error, mark) in errors {
            prop_assert!(is_there(mark), "the first {error:?}");
        }
        prop_assert!(last_event.is_none_or(is_there), "the last event");
    }
}

#[test]
fn cheap_spans_cannot_starve_dear_ones() {
    let mut budget = budget(80_000);
    let mut buffer = Queue::default();
    for n in 0..500 {
        budget.offer(buffered(names::DISPATCH, "metrics", None, 10, (n, n)), &mut buffer);
    }
    let before = buffer.len();
    assert!(before < 100 && budget.folded() > 300);
    for (n, partition) in (0..).zip(PARTITIONS.iter().chain(&PARTITIONS)) {
        budget.offer(in_round(n / 3, buffered(names::POLL, partition, None, 10, (600, 610))), &mut buffer);
    }
    budget.offer(buffered(names::PUT_METRIC, "", None, 10, (600, 610)), &mut buffer);
    budget.offer(buffered(names::PUT_METRIC, "", None, 10, (600, 610)), &mut buffer);
    budget.settle(&mut buffer);
    let dispatches = buffer.iter().filter(|buffered| buffered.span.name == names::DISPATCH).count();
    assert_eq!(dispatches, before + 1, "the last event");
    assert_eq!(buffer.len(), dispatches + 6 + 2);
}

#[test]
fn a_first_error_is_cut_to_its_place() {
    let mut budget = budget(80_000);
    let mut buffer = Queue::default();
    let error = || Some("Throttled".to_owned());
    budget.offer(buffered(names::PUT_METRIC, "", None, 10, (0, 0)), &mut buffer);
    budget.offer(buffered(names::PUT_METRIC, "", error(), 600, (1, 1)), &mut buffer);
    budget.offer(buffered(names::PUT_METRIC, "", error(), 600, (2, 2)), &mut buffer);
    let sizes: Vec<_> = buffer.iter().map(|buffered| buffered.document).collect();
    assert!(sizes[1] <= reserve::ERROR_BYTES && sizes[2] > reserve::ERROR_BYTES, "{sizes:?}");
}

#[test]
fn the_first_call_that_fails_keeps_its_attributes() {
    let mut budget = budget(80_000);
    let mut buffer = Queue::default();
    let attributes = [
        ("sentiment_type", "positive"),
        ("rpc.system", "aws-api"),
        ("rpc.service", "DynamoDB"),
        ("rpc.method", "Query"),
        ("aws.region", "eu-central-1"),
        ("aws.table_name", "sentiments"),
        ("aws.request_id", "0NTI5QDNJ2LQOEG0MEBMTB5TLRVV4KQNSO5AEMVJF66Q9ASUAAJG"),
        ("attempts", "3"),
        ("poll_duration_ms", "3000"),
        ("error_type", "ThrottlingException"),
    ];
    let mut first = span(names::POLL, &attributes, Some(&"m".repeat(2_000)));
    first.exception.as_mut().expect("failed").error_type = "ThrottlingException".into();
    budget.offer(BufferedSpan::new(first, false, &guard()), &mut buffer);
    let admitted = buffer.iter().next().expect("admitted");
    assert_eq!((admitted.dropped_attributes, admitted.span.attributes.len()), (0, attributes.len()));
    assert!(admitted.document <= reserve::ERROR_BYTES, "{}", admitted.document);
    let message = admitted.span.exception.as_ref().expect("failed").message.len();
    assert!(message > 0, "{message}");
}

#[test]
fn what_cannot_be_cut_to_its_place_is_not_cut_at_all() {
    let mut budget = budget(80_000);
    let mut buffer = Queue::default();
    // Its name alone, escaped, is larger than the place.
    let name: &'static str = "<".repeat(100).leak();
    let mut policy = policy();
    policy.places.push(crate::Place::first(name, 630));
    policy.accounts[1].names.push(name);
    let sizes = Sizes::new(&Resource::builder_empty().build());
    budget.rules = Arc::new(Rules::new(policy, 80_000, sizes));
    let first = BufferedSpan::new(span(name, &[("filler", "x")], None), false, &guard());
    let whole = first.document;
    budget.offer(first, &mut buffer);
    assert_eq!(buffer.iter().map(|admitted| admitted.document).collect::<Vec<_>>(), [whole], "paid for as it was");
}

/// A call: `(round, partition, start, end)`.
type Call = (u64, usize, u64, u64);

/// Rounds of polls at these times; says which calls are admitted.
fn rounds(calls: &[Call], text: usize) -> Vec<u64> {
    let mut budget = budget(24_000);
    let mut buffer = Queue::default();
    for partition in PARTITIONS {
        budget.offer(in_round(0, buffered(names::POLL, partition, None, 10, (0, 1))), &mut buffer);
    }
    let mut ids = Vec::new();
    for (round, partition, start, end) in calls {
        let buffered = buffered(names::POLL, PARTITIONS[*partition], None, text, (*start, *end));
        ids.push(buffered.span.id);
        budget.offer(in_round(*round, buffered), &mut buffer);
    }
    budget.settle(&mut buffer);
    let is_admitted = |id| buffer.iter().any(|buffered| buffered.span.id == id);
    (0..).zip(ids).filter(|(_, id)| is_admitted(*id)).map(|(n, _)| n).collect()
}

/// Half of what is not reserved of 24,000 is for polls, and of that a quarter is there at once: 1,000 and what accrues.
const LATE: u64 = 800_000;

#[test]
fn a_round_is_admitted_whole_or_not_at_all() {
    // All of 4,000 has accrued but for the first round's two calls: one round of three calls of about 850 fits, no second.
    let first = [(1, 0, LATE, LATE + 3), (1, 1, LATE, LATE + 4), (1, 2, LATE, LATE + 5)];
    let second = first.map(|(_, p, s, e)| (2, p, s + 50, e + 50));
    assert_eq!(rounds(&[first, second].concat(), 380), [0, 1, 2]);
    assert_eq!(rounds(&first, 1_500), [] as [u64; 0], "a part of it would fit");
}

#[test]
fn rounds_without_a_pause_between_them_are_told_apart() {
    let round = |n: u64, start: u64| [(n, 1, start, start + 10), (n, 0, start, start + 11), (n, 2, start, start + 12)];
    let all = [round(1, LATE), round(2, LATE + 12), round(3, LATE + 24)].concat();
    assert_eq!(rounds(&all, 380), [0, 1, 2]);
}

#[test]
fn the_last_pages_of_a_partition_belong_to_its_round() {
    let calls = [
        (1, 0, LATE, LATE + 10),
        (1, 1, LATE, LATE + 11),
        (1, 2, LATE, LATE + 30),
        (1, 2, LATE + 30, LATE + 60),
        (1, 2, LATE + 60, LATE + 90),
    ];
    assert_eq!(rounds(&calls, 50), [0, 1, 2, 3, 4]);
    assert_eq!(rounds(&calls, 450), [] as [u64; 0]);
}

#[test]
fn a_round_that_pauses_is_one_all_the_same() {
    // Two pages of a partition with 30 ms of parsing, or of somebody else's work, between them.
    for pause in [30, 300] {
        let first = [(1, 0, LATE, LATE + 10), (1, 1, LATE, LATE + 11), (1, 2, LATE, LATE + 12)];
        let behind = LATE + 12 + pause;
        let calls = [&first[..], &[(1, 2, behind, behind + 10), (1, 2, behind + 10, behind + 20)]].concat();
        assert_eq!(rounds(&calls, 50), [0, 1, 2, 3, 4], "{pause} ms");
        assert_eq!(rounds(&calls, 450), [] as [u64; 0], "{pause} ms: the calls before the pause would fit");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// An event that is folded before it is made leaves the trace as it would have been.
    #[test]
    fn what_is_folded_before_it_is_made_would_have_been_folded(
        events in proptest::collection::vec((0..7_usize, 0..20_000_u64), 1..150),
        total in 16_000..60_000_usize,
    ) {
        let (mut all, mut few) = (budget(total), budget(total));
        let (mut of_all, mut of_few) = (Queue::default(), Queue::default());
        let mut now = 0;
        for (n, (facet, pause_ms)) in events.iter().enumerate() {
            now += pause_ms;
            let event = || buffered(names::DISPATCH, EVENT_TYPES[*facet], None, 10, (now, now));
            all.offer(event(), &mut of_all);
            let outline =
                SpanOutline { name: names::DISPATCH, kind: ("event_type", EVENT_TYPES[*facet]), end: at(now) };
            if n + 1 == events.len() || !few.fold(&outline) {
                few.offer(event(), &mut of_few);
            }
        }
        all.settle(&mut of_all);
        few.settle(&mut of_few);
        let told = |queue: &Queue| queue.iter().map(|buffered| (buffered.span.end, buffered.document)).collect::<Vec<_>>();
        prop_assert_eq!(told(&of_all), told(&of_few));
        prop_assert_eq!(all.folded(), few.folded());
    }
}

#[test]
fn a_span_that_has_a_place_or_can_be_paid_for_is_not_folded_unmade() {
    let outline = |name, value| SpanOutline { name, kind: ("event_type", value), end: at(0) };
    let mut rich = budget(80_000);
    assert!(!rich.fold(&outline(names::DISPATCH, "metrics")));
    // Nothing beside the reserve: places are all that there is.
    let mut poor = budget(RESERVE_BYTES);
    assert!(!poor.fold(&outline(names::DISPATCH, "metrics")), "the first of its type");
    assert!(!poor.fold(&outline(names::ACQUIRE, "")), "the first of its name");
    let mut admitted = Queue::default();
    poor.offer(buffered(names::DISPATCH, "metrics", None, 10, (0, 0)), &mut admitted);
    assert!(poor.fold(&outline(names::DISPATCH, "metrics")) && poor.folded() == 1);
    assert!(!poor.fold(&outline(names::DISPATCH, "done")));
}
