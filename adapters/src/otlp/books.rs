//! All accounts, and the two bounds on what they hold: fresh spans, and retained ones. Synchronous, no I/O: whoever is
//! handed given-up spans writes them to the log.

use super::{
    account::{Account, Tally},
    budget::{Budget, Offer},
    held::Held,
    ledger_line::{LateLine, Settlement},
    size::Sizes,
};
use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SpanData;
use sse_core::{
    ids::TraceId,
    ports::{StreamClosed, StreamOpened},
    telemetry::names,
    time::Timestamp,
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Fresh spans at most; they are exported long before that.
const FRESH_SPANS_MAX: usize = 8_192;
/// Their bytes at most.
const FRESH_BYTES_MAX: usize = 8 * 1_048_576;
/// As many fresh spans are worth a request.
pub(crate) const EXPORT_SPANS: usize = 64;
/// A fresh span waits no longer than this, in milliseconds, if its session is awake.
pub(crate) const EXPORT_AGE_MS: u64 = 30_000;

/// In the order of opening.
pub(super) type AccountId = u64;

/// Spans that were given up: they are counted as logged already, and MUST be written.
pub(super) type GivenUp = Vec<SpanData>;

/// What a finished span says of itself, beside its data.
pub(super) struct Heading {
    pub(super) request_id: Arc<str>,
    pub(super) trace: TraceId,
    pub(super) name: &'static str,
    /// The event type of an event, the partition of a poll.
    pub(super) facet: Option<Cow<'static, str>>,
    pub(super) error_type: Option<Cow<'static, str>>,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

/// The accounts of a process.
#[derive(Debug)]
pub(super) struct Books {
    retain_bytes: usize,
    budget_bytes: usize,
    sizes: Sizes,
    accounts: BTreeMap<AccountId, Account>,
    open: HashMap<Arc<str>, AccountId>,
    next: AccountId,
    fresh_spans: usize,
    fresh_bytes: usize,
    failed_bytes: usize,
    /// When the oldest fresh span ended, at the latest.
    fresh_since: Timestamp,
}

impl Books {
    pub(super) fn new(retain_bytes: usize, budget_bytes: usize, sizes: Sizes) -> Self {
        Self {
            retain_bytes,
            budget_bytes,
            sizes,
            accounts: BTreeMap::new(),
            open: HashMap::new(),
            next: 0,
            fresh_spans: 0,
            fresh_bytes: 0,
            failed_bytes: 0,
            fresh_since: Timestamp::default(),
        }
    }

    /// Opens the account of a sampled stream.
    pub(super) fn open(&mut self, stream: StreamOpened) {
        let budget = Budget::new(self.budget_bytes, self.sizes, stream.opened_at, stream.expected_end);
        let account = Account::new(stream.request_id.clone(), stream.parent.trace, Some(budget));
        let id = self.insert(account);
        self.open.insert(stream.request_id, id);
    }

    /// Takes a span: admits it, folds it, or has its budget keep it.
    pub(super) fn record(&mut self, heading: Heading, mut data: SpanData) -> GivenUp {
        let sizes = self.sizes;
        let Some(id) = self.open.get(&heading.request_id).copied() else {
            return self.record_late(heading, data);
        };
        let (fresh_spans, fresh_bytes) = (self.fresh_spans, self.fresh_bytes);
        let Some(account) = self.accounts.get_mut(&id) else {
            return GivenUp::new();
        };
        let before = (account.fresh.len(), account.fresh.bytes());
        if heading.name == names::STREAM {
            let folded = account.settle_budget();
            let folded = i64::try_from(folded).unwrap_or(i64::MAX);
            data.attributes.push(KeyValue::new("spans_folded", folded));
        }
        let offer = Offer {
            name: heading.name,
            facet: heading.facet,
            error_type: heading.error_type,
            start: heading.start,
            end: heading.end,
            held: Held::new(data, sizes),
        };
        if let Some(budget) = &mut account.budget {
            budget.offer(offer, &mut account.fresh);
        }
        if fresh_spans == 0 {
            self.fresh_since = heading.end;
        }
        self.fresh_spans = fresh_spans + account.fresh.len() - before.0;
        self.fresh_bytes = fresh_bytes + account.fresh.bytes() - before.1;
        self.bound_fresh()
    }

    /// Whether fresh spans are enough, or old enough, for a request.
    pub(super) fn is_export_due(&self, now: Timestamp) -> bool {
        self.fresh_spans >= EXPORT_SPANS || (self.fresh_spans > 0 && now.ms_since(self.fresh_since) >= EXPORT_AGE_MS)
    }

    /// The account of a stream that is not closed.
    pub(super) fn account_of(&self, request_id: &str) -> Option<AccountId> {
        self.open.get(request_id).copied()
    }

    /// Accounts with fresh spans, the oldest first.
    pub(super) fn with_fresh(&self) -> Vec<AccountId> {
        self.select(|account| account.fresh.len() > 0)
    }

    /// Accounts with retained spans, the oldest first.
    pub(super) fn with_failed(&self) -> Vec<AccountId> {
        self.select(|account| account.failed.len() > 0)
    }

    /// Whether a flush of `own` has anything to send, or to wait for.
    pub(super) fn has_work(&self, own: Option<AccountId>) -> bool {
        let is_own = |id: &AccountId| Some(*id) == own;
        self.accounts.iter().any(|(id, account)| {
            account.failed.len() > 0 || ((is_own(id) || account.is_closed()) && account.held() > 0)
        })
    }

    /// The next request of an account: what failed before first, then, if asked for, what is fresh.
    pub(super) fn take_batch(&mut self, id: AccountId, with_failed: bool, with_fresh: bool) -> Vec<Held> {
        let mut batch = Vec::new();
        let Some(account) = self.accounts.get_mut(&id) else {
            return batch;
        };
        if with_failed {
            let before = account.failed.bytes();
            account.failed.fill(&mut batch);
            self.failed_bytes -= before - account.failed.bytes();
        }
        if with_fresh && account.failed.len() == 0 {
            let before = (account.fresh.len(), account.fresh.bytes());
            account.fresh.fill(&mut batch);
            self.fresh_spans -= before.0 - account.fresh.len();
            self.fresh_bytes -= before.1 - account.fresh.bytes();
        }
        account.in_flight += batch.len();
        batch
    }

    /// An attempt is over, and `count` of its spans with it.
    pub(super) fn settle(&mut self, id: AccountId, count: usize, became: Tally) {
        if let Some(account) = self.accounts.get_mut(&id) {
            account.in_flight = account.in_flight.saturating_sub(count);
            account.tally.delivered += became.delivered;
            account.tally.logged += became.logged;
            account.tally.resent += became.resent;
        }
    }

    /// An attempt failed: its spans are retained.
    pub(super) fn give_back(&mut self, id: AccountId, batch: Vec<Held>, resent: u64) -> GivenUp {
        if let Some(account) = self.accounts.get_mut(&id) {
            account.in_flight = account.in_flight.saturating_sub(batch.len());
            account.tally.resent += resent;
            for held in batch.into_iter().rev() {
                self.failed_bytes += held.memory;
                account.failed.push_front(held);
            }
        }
        self.bound_failed()
    }

    /// A stream is settled: what is held of it is retained from here on. `None` if it was never opened.
    pub(super) fn close(&mut self, stream: &StreamClosed) -> Option<(Settlement, GivenUp)> {
        let id = self.open.remove(&stream.request_id)?;
        let account = self.accounts.get_mut(&id)?;
        let before = (account.fresh.len(), account.fresh.bytes());
        let folded = account.settle_budget();
        account.budget = None;
        self.failed_bytes += account.fresh.bytes();
        account.failed.extend(account.fresh.drain());
        self.fresh_spans -= before.0;
        self.fresh_bytes -= before.1;
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

    /// Gives up all that is held, but for what is in flight.
    pub(super) fn give_up_all(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        for account in self.accounts.values_mut() {
            account.settle_budget();
            let all = account.failed.drain().chain(account.fresh.drain());
            let before = given_up.len();
            given_up.extend(all.map(|held| held.span));
            account.tally.logged += (given_up.len() - before) as u64;
        }
        (self.fresh_spans, self.fresh_bytes, self.failed_bytes) = (0, 0, 0);
        given_up
    }

    /// After its stream was closed: it has no budget and no ledger line any more, but it is not lost either.
    fn record_late(&mut self, heading: Heading, data: SpanData) -> GivenUp {
        let held = Held::new(data, self.sizes);
        self.failed_bytes += held.memory;
        let mut account = Account::new(heading.request_id, heading.trace, None);
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

    fn select(&self, wanted: fn(&Account) -> bool) -> Vec<AccountId> {
        let chosen = self.accounts.iter().filter(|(_, account)| wanted(account));
        chosen.map(|(id, _)| *id).collect()
    }

    fn forget_settled(&mut self) {
        self.accounts.retain(|_, account| !account.is_closed() || account.held() > 0 || account.tally.settles());
    }

    fn bound_fresh(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        while self.fresh_spans > FRESH_SPANS_MAX || self.fresh_bytes > FRESH_BYTES_MAX {
            let oldest = self.accounts.values_mut().find(|account| account.fresh.len() > 0);
            let Some((account, held)) = oldest.and_then(|a| a.fresh.pop_front().map(|held| (a, held))) else {
                break;
            };
            account.tally.logged += 1;
            self.fresh_spans -= 1;
            self.fresh_bytes -= held.memory;
            given_up.push(held.span);
        }
        given_up
    }

    fn bound_failed(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        while self.failed_bytes > self.retain_bytes {
            let oldest = self.accounts.values_mut().find(|account| account.failed.len() > 0);
            let Some((account, held)) = oldest.and_then(|a| a.failed.pop_front().map(|held| (a, held))) else {
                break;
            };
            account.tally.logged += 1;
            self.failed_bytes -= held.memory;
            given_up.push(held.span);
        }
        given_up
    }
}
