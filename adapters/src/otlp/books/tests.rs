use super::*;
use crate::otlp::testing::{START_MS, span};
use opentelemetry_sdk::Resource;
use sse_core::{
    ids::{SpanId, TraceId},
    ports::FlushOutcome,
    trace_context::Parent,
};

fn books(retain_bytes: usize) -> Books {
    Books::new(retain_bytes, 1 << 30, Sizes::new(&Resource::builder_empty().build()))
}

fn parent() -> Parent {
    let trace = TraceId::new(1).expect("not zero");
    Parent { trace, segment: SpanId::new(1).expect("not zero") }
}

fn open(books: &mut Books, request_id: &Arc<str>, is_recorded: bool) {
    let at = Timestamp::from_millis(START_MS);
    let opened = StreamOpened { request_id: request_id.clone(), parent: parent(), opened_at: at, expected_end: at };
    books.open(opened, is_recorded);
}

fn record(books: &mut Books, request_id: &Arc<str>) -> GivenUp {
    let mut span = span(names::DISPATCH, &[], None);
    span.request_id = request_id.clone();
    books.record(span)
}

fn close(books: &mut Books, request_id: &Arc<str>) -> Option<(Settlement, GivenUp)> {
    let request_id = request_id.clone();
    books.close(&StreamClosed { request_id, parent: parent(), created: 1, flush_ms: 0, outcome: FlushOutcome::Ok })
}

#[test]
fn what_the_sampler_refuses_leaves_nothing() {
    let (mut books, request_id) = (books(1 << 20), "request".into());
    open(&mut books, &request_id, false);
    assert!(record(&mut books, &request_id).is_empty());
    assert_eq!((books.with_fresh(), books.with_failed()), (vec![], vec![]));
    assert!(close(&mut books, &request_id).is_none(), "no ledger line");
}

#[test]
fn a_settled_stream_is_forgotten() {
    let (mut books, request_id) = (books(1 << 20), "request".into());
    open(&mut books, &request_id, true);
    record(&mut books, &request_id);
    let batch = books.take_batch(0, true);
    books.settle(0, batch.len(), Tally { delivered: 1, ..Tally::default() });
    let (settlement, _) = close(&mut books, &request_id).expect("a ledger line");
    assert_eq!((settlement.tally.delivered, settlement.retained), (1, 0));
    assert!(books.accounts.is_empty() && books.open.is_empty());
}

#[test]
fn what_is_retained_is_not_fresh_any_more() {
    let (mut books, request_id) = (books(1 << 20), "request".into());
    open(&mut books, &request_id, true);
    for _ in 0..100 {
        record(&mut books, &request_id);
    }
    let at = Timestamp::from_millis(START_MS);
    let fresh = (books.fresh_spans, books.fresh_bytes);
    assert_eq!(fresh, (100, books.accounts[&0].fresh.bytes()));
    assert!(books.is_export_due(at));
    let (settlement, _) = close(&mut books, &request_id).expect("a ledger line");
    assert_eq!(settlement.retained, 100);
    assert_eq!((books.fresh_spans, books.fresh_bytes, books.failed_bytes), (0, 0, fresh.1));
    assert!(!books.is_export_due(at.plus_ms(60_000)));
}

#[test]
fn a_span_after_its_stream_is_retained_or_given_up_like_any() {
    let request_id = "request".into();
    for (retain_bytes, expected) in [(1 << 20, (0, 1)), (0, (1, 0))] {
        let mut books = books(retain_bytes);
        open(&mut books, &request_id, true);
        close(&mut books, &request_id);
        let given_up = record(&mut books, &request_id).len();
        assert_eq!((given_up, books.with_failed().len()), expected);
        assert_eq!(books.failed_bytes > 0, expected.1 > 0);
        assert_eq!(books.late_lines().len(), given_up);
    }
}

#[test]
fn a_flush_that_settled_nothing_writes_no_late_line() {
    let (mut books, request_id) = (books(1 << 20), "request".into());
    open(&mut books, &request_id, true);
    record(&mut books, &request_id);
    close(&mut books, &request_id);
    let batch = books.take_batch(0, true);
    assert_eq!((batch.len(), books.late_lines().len()), (1, 0));
    books.give_back(0, batch, 0);
    assert_eq!(books.late_lines().len(), 0);
}
