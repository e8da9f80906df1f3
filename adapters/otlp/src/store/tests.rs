use super::*;
use crate::{
    batch::Batch,
    size::Sizes,
    span_counts::SpanCounts,
    testing::{START_MS, names, policy, span},
};
use lambda_trace::{Parent, SpanId, TraceId};
use opentelemetry_sdk::Resource;
use std::time::Duration;

fn store(retain_bytes: usize) -> SpanStore {
    let sizes = Sizes::new(&Resource::builder_empty().build());
    SpanStore::new(retain_bytes, Arc::new(Rules::new(policy(), 1 << 30, sizes)))
}

fn stream_id() -> StreamId {
    StreamId { request_id: "request".into(), trace: TraceId::new(1).expect("not zero") }
}

fn open(store: &mut SpanStore) -> BufferId {
    let (at, id) = (Timestamp::from_millis(START_MS), SpanId::new(1).expect("not zero"));
    let StreamId { request_id, trace } = stream_id();
    let parent = Parent { trace, segment: id };
    store.open(&StreamStart { request_id, parent, span: id, opened_at: at, expected_end: at }, stream_id())
}

fn parts(batch: &Batch) -> Vec<(BufferId, usize)> {
    batch.parts.iter().map(|part| (part.id, part.spans.len())).collect()
}

fn record(store: &mut SpanStore, id: BufferId) -> GivenUp {
    let mut span = span(names::DISPATCH, &[], None);
    span.attributes.reserve_exact(8);
    store.record(id, &stream_id(), span, false)
}

#[test]
fn a_settled_stream_is_forgotten() {
    let mut store = store(1 << 20);
    let id = open(&mut store);
    record(&mut store, id);
    let batch = store.take_ending(id);
    store.settle(id, batch.len(), SpanCounts { delivered: 1, ..SpanCounts::default() });
    let (entry, _) = store.close(id, 1).expect("a ledger line");
    assert_eq!((entry.delivered, entry.retained), (1, 0));
    assert!(store.buffers.is_empty());
    assert!(store.close(id, 1).is_none(), "one ledger line");
}

#[test]
fn what_is_retained_is_not_pending_any_more() {
    let mut store = store(1 << 20);
    let id = open(&mut store);
    for _ in 0..100 {
        record(&mut store, id);
    }
    let at = Timestamp::from_millis(START_MS);
    let pending = (store.pending_spans, store.pending_bytes);
    assert_eq!(pending, (100, store.buffers[&id].pending.bytes()));
    assert!(store.is_export_due(at));
    let (entry, _) = store.close(id, 100).expect("a ledger line");
    assert_eq!(entry.retained, 100);
    assert_eq!((store.pending_spans, store.pending_bytes), (0, 0));
    assert!(store.retained_bytes > 0 && store.retained_bytes < pending.1, "spare room is given back");
    assert!(!store.is_export_due(at.plus(Duration::from_mins(1))));
}

#[test]
fn a_span_after_its_stream_is_retained_or_given_up_like_any() {
    for (retain_bytes, expected) in [(1 << 20, (0, true)), (0, (1, false))] {
        let mut store = store(retain_bytes);
        let id = open(&mut store);
        store.close(id, 1);
        let given_up = record(&mut store, id).len();
        assert_eq!((given_up, store.has_retained()), expected);
        assert_eq!(store.retained_bytes > 0, expected.1);
        assert_eq!(store.late_lines().len(), given_up);
    }
}

#[test]
fn a_flush_that_settled_nothing_writes_no_late_line() {
    let mut store = store(1 << 20);
    let id = open(&mut store);
    record(&mut store, id);
    store.close(id, 1);
    let batch = store.take_ending(id);
    assert_eq!((batch.len(), store.late_lines().len()), (1, 0));
    store.give_back(batch, false, false);
    assert_eq!(store.late_lines().len(), 0);
}

#[test]
fn streams_that_end_share_a_request_and_the_one_whose_turn_it_is_goes_first() {
    let mut store = store(1 << 20);
    let ids = [20, 20, 5, 20, 1].map(|spans| {
        let id = open(&mut store);
        (0..spans).for_each(|_| drop(record(&mut store, id)));
        id
    });
    let [a, goes_on, b, own, c] = ids;
    for id in [a, b, own, c] {
        store.ends(id);
    }
    assert_eq!(parts(&store.take_ending(own)), [(own, 20), (a, 20), (b, 5), (c, 1)], "{goes_on} has not ended");
    assert_eq!(store.pending_spans, 20);
    assert!(!store.has_batch(a) && store.has_work(Some(a)), "there is a request to wait for");
}

#[test]
fn what_does_not_fit_waits_for_the_next_request() {
    let mut store = store(1 << 20);
    let [a, b, c] = [30, 30, 30].map(|spans| {
        let id = open(&mut store);
        (0..spans).for_each(|_| drop(record(&mut store, id)));
        store.ends(id);
        id
    });
    assert_eq!(parts(&store.take_ending(b)), [(b, 30), (a, 20)]);
    assert_eq!(parts(&store.take_ending(a)), [(a, 10), (c, 30)]);
    assert!([a, b, c].iter().all(|id| !store.has_batch(*id)));
}

#[test]
fn retained_spans_of_many_streams_share_a_request() {
    let mut store = store(1 << 20);
    for spans in [20, 20, 20] {
        let id = open(&mut store);
        (0..spans).for_each(|_| drop(record(&mut store, id)));
        store.close(id, spans);
    }
    let (first, second) = (store.take_retained(None), store.take_retained(None));
    assert_eq!((parts(&first), parts(&second)), (vec![(0, 20), (1, 20), (2, 10)], vec![(2, 10)]));
    assert_eq!((store.retained_bytes, store.has_retained()), (0, false));
    store.give_back(first, true, true);
    let again = store.take_retained(None);
    assert_eq!(
        (parts(&again), again.spans().filter(|buffered| buffered.is_unread).count()),
        (vec![(0, 20), (1, 20), (2, 10)], 50),
        "all of it is in doubt"
    );
}
