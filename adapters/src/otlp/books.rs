//! All accounts, and the two bounds on what they hold: fresh spans, and retained ones. Synchronous, no I/O: whoever is
//! handed given-up spans writes them to the log.

mod batches;

use super::{
    account::{Account, Tally},
    budget::Budget,
    held::Held,
    ledger_line::{LateLine, Settlement},
    size::Sizes,
};
use sse_core::{
    ports::{StreamClosed, StreamOpened},
    telemetry::{Finished, Streaming, names},
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// In the order of opening.
pub(super) type AccountId = u64;

/// Spans that were given up: they are counted as logged already, and MUST be written.
pub(super) type GivenUp = Vec<Held>;

/// A stream that was opened and is not closed.
#[derive(Clone, Copy)]
enum Listed {
    Recorded(AccountId),
    /// By the sampler: its spans are not recorded.
    Refused,
}

/// The accounts of a process.
pub(super) struct Books {
    retain_bytes: usize,
    budget_bytes: usize,
    sizes: Sizes,
    accounts: BTreeMap<AccountId, Account>,
    open: HashMap<Arc<str>, Listed>,
    recent: Option<(Arc<str>, Listed)>,
    next: AccountId,
    fresh_spans: usize,
    fresh_bytes: usize,
    failed_bytes: usize,
    /// When the oldest fresh span ended, at the latest.
    fresh_since: Timestamp,
    /// The last attempt in mid-stream did not succeed, or goes on.
    put_off: Option<PutOff>,
}

/// No attempt in mid-stream until as many more spans have come, or as much more time has passed, as make one due: a collector
/// that takes nothing is not to be asked again for every span.
#[derive(Clone, Copy)]
struct PutOff {
    since: Timestamp,
    /// Fresh spans that were left behind.
    spans: usize,
}

impl Books {
    pub(super) fn new(retain_bytes: usize, budget_bytes: usize, sizes: Sizes) -> Self {
        Self {
            retain_bytes,
            budget_bytes,
            sizes,
            accounts: BTreeMap::new(),
            open: HashMap::new(),
            recent: None,
            next: 0,
            fresh_spans: 0,
            fresh_bytes: 0,
            failed_bytes: 0,
            fresh_since: Timestamp::default(),
            put_off: None,
        }
    }

    /// Opens the account of a stream, if it is to be recorded.
    pub(super) fn open(&mut self, stream: StreamOpened, is_recorded: bool) {
        self.recent = None;
        if !is_recorded {
            self.open.insert(stream.request_id, Listed::Refused);
            return;
        }
        let budget = Budget::new(self.budget_bytes, self.sizes, stream.opened_at, stream.expected_end);
        let account = Account::new(stream.request_id.clone(), stream.parent.trace, Some(budget));
        let id = self.insert(account);
        self.open.insert(stream.request_id, Listed::Recorded(id));
    }

    /// Takes a span: admits it, folds it, or has its budget keep it.
    pub(super) fn record(&mut self, mut span: Finished<Streaming>) -> GivenUp {
        let id = match self.lookup(&span.request_id) {
            Some(Listed::Recorded(id)) => id,
            Some(Listed::Refused) => return GivenUp::new(),
            None => return self.record_late(span),
        };
        let Some(account) = self.accounts.get_mut(&id) else { return GivenUp::new() };
        let before = (account.fresh.len(), account.fresh.bytes());
        if span.name == names::STREAM {
            let folded = account.settle_budget();
            span.attributes.push(("spans_folded", folded.into()));
        }
        if self.fresh_spans == 0 {
            self.fresh_since = span.end;
        }
        let held = Held::new(span, self.sizes);
        if let Some(budget) = &mut account.budget {
            budget.offer(held, &mut account.fresh);
        }
        self.fresh_spans += account.fresh.len() - before.0;
        self.fresh_bytes += account.fresh.bytes() - before.1;
        self.bound_fresh()
    }

    /// The account of a stream, by its id; the last one asked for is remembered.
    fn lookup(&mut self, request_id: &Arc<str>) -> Option<Listed> {
        if let Some((recent, listed)) = &self.recent
            && Arc::ptr_eq(recent, request_id)
        {
            return Some(*listed);
        }
        let listed = *self.open.get(request_id)?;
        self.recent = Some((request_id.clone(), listed));
        Some(listed)
    }

    /// The account of a stream that is not closed.
    pub(super) fn account_of(&self, request_id: &str) -> Option<AccountId> {
        match self.open.get(request_id) {
            Some(Listed::Recorded(id)) => Some(*id),
            Some(Listed::Refused) | None => None,
        }
    }

    /// A stream is settled: what is held of it is retained from here on. `None` if it was never opened.
    pub(super) fn close(&mut self, stream: &StreamClosed) -> Option<(Settlement, GivenUp)> {
        self.recent = None;
        let Some(Listed::Recorded(id)) = self.open.remove(&stream.request_id) else { return None };
        let account = self.accounts.get_mut(&id)?;
        let before = (account.fresh.len(), account.fresh.bytes());
        let folded = account.settle_budget();
        account.budget = None;
        self.failed_bytes += account.fresh.bytes();
        account.failed.extend(account.fresh.drain());
        self.fresh_spans -= before.0;
        self.fresh_bytes -= before.1;
        self.fewer_are_fresh();
        let given_up = self.bound_failed();
        let account = self.accounts.get_mut(&id)?;
        let settlement =
            Settlement { folded, retained: account.held() as u64, tally: std::mem::take(&mut account.tally) };
        self.forget_settled();
        Some((settlement, given_up))
    }

    /// What closed accounts settled since their last line.
    pub(super) fn late_lines(&mut self) -> Vec<LateLine> {
        let settled = self.accounts.values_mut().filter(|account| account.is_closed());
        let lines = settled.filter_map(|account| {
            let tally = (account.tally.settles()).then(|| std::mem::take(&mut account.tally))?;
            Some(LateLine::new(account.request_id.clone(), account.trace, tally))
        });
        let lines = lines.collect();
        self.forget_settled();
        lines
    }

    /// After its stream was closed: it has no budget and no ledger line any more, but it is not lost either.
    fn record_late(&mut self, span: Finished<Streaming>) -> GivenUp {
        let held = Held::new(span, self.sizes);
        self.failed_bytes += held.memory;
        let mut account = Account::new(held.span.request_id.clone(), held.span.trace, None);
        account.failed.extend([held]);
        self.insert(account);
        self.bound_failed()
    }

    fn insert(&mut self, account: Account) -> AccountId {
        let id = self.next;
        self.next += 1;
        self.accounts.insert(id, account);
        id
    }

    fn forget_settled(&mut self) {
        self.accounts.retain(|_, account| !account.is_closed() || account.held() > 0 || account.tally.settles());
    }
}

#[cfg(test)]
mod tests {
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
}
