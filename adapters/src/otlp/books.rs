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
mod tests;
