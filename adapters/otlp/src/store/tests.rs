use super::*;
use crate::testing::{START_MS, span};
use lambda_trace::{FlushOutcome, Parent, SpanId, TraceId};
use opentelemetry_sdk::Resource;

fn store(retain_bytes: usize) -> SpanStore {
    SpanStore::new(retain_bytes, 1 << 30, Sizes::new(&Resource::builder_empty().build()))
}

fn parent() -> Parent {
    let trace = TraceId::new(1).expect("not zero");
    Parent { trace, segment: SpanId::new(1).expect("not zero") }
}

fn open(store: &mut SpanStore, request_id: &Arc<str>, is_recorded: bool) {
    let at = Timestamp::from_millis(START_MS);
    let opened = StreamOpened { request_id: request_id.clone(), parent: parent(), opened_at: at, expected_end: at };
    store.open(opened, is_recorded);
}

fn record(store: &mut SpanStore, request_id: &Arc<str>) -> GivenUp {
    let mut span = span(names::DISPATCH, &[], None);
    span.request_id = request_id.clone();
    span.attributes.reserve_exact(8);
    store.record(span)
}

fn close(store: &mut SpanStore, request_id: &Arc<str>) -> Option<(LedgerEntry, GivenUp)> {
    let request_id = request_id.clone();
    store.close(&StreamClosed { request_id, parent: parent(), created: 1, flush_ms: 0, outcome: FlushOutcome::Ok })
}

#[test]
fn what_the_sampler_refuses_leaves_nothing() {
    let (mut store, request_id) = (store(1 << 20), "request".into());
    open(&mut store, &request_id, false);
    assert!(record(&mut store, &request_id).is_empty());
    assert_eq!((store.with_pending(), store.with_retained()), (vec![], vec![]));
    assert!(close(&mut store, &request_id).is_none(), "no ledger line");
}

#[test]
fn a_settled_stream_is_forgotten() {
    let (mut store, request_id) = (store(1 << 20), "request".into());
    open(&mut store, &request_id, true);
    record(&mut store, &request_id);
    let batch = store.take_batch(0, true);
    store.settle(0, batch.len(), SpanCounts { delivered: 1, ..SpanCounts::default() });
    let (entry, _) = close(&mut store, &request_id).expect("a ledger line");
    assert_eq!((entry.counts.delivered, entry.retained), (1, 0));
    assert!(store.buffers.is_empty() && store.open.is_empty());
}

#[test]
fn what_is_retained_is_not_fresh_any_more() {
    let (mut store, request_id) = (store(1 << 20), "request".into());
    open(&mut store, &request_id, true);
    for _ in 0..100 {
        record(&mut store, &request_id);
    }
    let at = Timestamp::from_millis(START_MS);
    let pending = (store.pending_spans, store.pending_bytes);
    assert_eq!(pending, (100, store.buffers[&0].pending.bytes()));
    assert!(store.is_export_due(at));
    let (entry, _) = close(&mut store, &request_id).expect("a ledger line");
    assert_eq!(entry.retained, 100);
    assert_eq!((store.pending_spans, store.pending_bytes), (0, 0));
    assert!(store.retained_bytes > 0 && store.retained_bytes < pending.1, "spare room is given back");
    assert!(!store.is_export_due(at.plus_ms(60_000)));
}

#[test]
fn a_span_after_its_stream_is_retained_or_given_up_like_any() {
    let request_id = "request".into();
    for (retain_bytes, expected) in [(1 << 20, (0, 1)), (0, (1, 0))] {
        let mut store = store(retain_bytes);
        open(&mut store, &request_id, true);
        close(&mut store, &request_id);
        let given_up = record(&mut store, &request_id).len();
        assert_eq!((given_up, store.with_retained().len()), expected);
        assert_eq!(store.retained_bytes > 0, expected.1 > 0);
        assert_eq!(store.late_lines().len(), given_up);
    }
}

#[test]
fn a_flush_that_settled_nothing_writes_no_late_line() {
    let (mut store, request_id) = (store(1 << 20), "request".into());
    open(&mut store, &request_id, true);
    record(&mut store, &request_id);
    close(&mut store, &request_id);
    let batch = store.take_batch(0, true);
    assert_eq!((batch.len(), store.late_lines().len()), (1, 0));
    store.give_back(0, batch, 0);
    assert_eq!(store.late_lines().len(), 0);
}
