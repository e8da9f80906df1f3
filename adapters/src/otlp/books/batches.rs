//! What leaves the books and what comes back: requests, failures, and what no bound leaves room for.

use super::{Account, AccountId, Books, GivenUp, Held, PutOff, Tally};
use sse_core::time::Timestamp;

/// Fresh spans at most; they are exported long before that.
const FRESH_SPANS_MAX: usize = 8_192;
/// Their bytes at most.
const FRESH_BYTES_MAX: usize = 8 * 1_048_576;
/// As many fresh spans are worth a request.
pub(crate) const EXPORT_SPANS: usize = 64;
/// A fresh span waits no longer than this, in milliseconds, if its session is awake.
pub(crate) const EXPORT_AGE_MS: u64 = 30_000;

impl Books {
    /// Whether fresh spans are enough, or old enough, for a request.
    pub(in crate::otlp) fn is_export_due(&self, now: Timestamp) -> bool {
        let (behind, since) = self.put_off.map_or((0, self.fresh_since), |put_off| (put_off.spans, put_off.since));
        self.fresh_spans >= behind + EXPORT_SPANS || (self.fresh_spans > 0 && now.ms_since(since) >= EXPORT_AGE_MS)
    }

    /// An attempt in mid-stream begins: until it is known to have succeeded, the next one is put off.
    pub(in crate::otlp) fn export_begins(&mut self, now: Timestamp) {
        self.put_off = Some(PutOff { since: now, spans: self.fresh_spans });
    }

    /// The collector takes spans.
    pub(in crate::otlp) fn export_succeeded(&mut self) {
        self.put_off = None;
    }

    /// What left is not left behind.
    pub(super) fn fewer_are_fresh(&mut self) {
        if let Some(put_off) = &mut self.put_off {
            put_off.spans = put_off.spans.min(self.fresh_spans);
        }
    }

    /// Accounts with fresh spans, the oldest first.
    pub(in crate::otlp) fn with_fresh(&self) -> Vec<AccountId> {
        self.select(|account| account.fresh.len() > 0)
    }

    /// Accounts with retained spans, the oldest first.
    pub(in crate::otlp) fn with_failed(&self) -> Vec<AccountId> {
        self.select(|account| account.failed.len() > 0)
    }

    /// Whether a flush of `own` has anything to send, or to wait for.
    pub(in crate::otlp) fn has_work(&self, own: Option<AccountId>) -> bool {
        let is_own = |id: &AccountId| Some(*id) == own;
        self.accounts.iter().any(|(id, account)| {
            account.failed.len() > 0 || ((is_own(id) || account.is_closed()) && account.held() > 0)
        })
    }

    /// Whether [`Self::take_batch`] would take anything.
    pub(in crate::otlp) fn has_batch(&self, id: AccountId, with_fresh: bool) -> bool {
        self.accounts.get(&id).is_some_and(|a| a.failed.len() > 0 || (with_fresh && a.fresh.len() > 0))
    }

    /// The next request of an account: what failed before first, then, if asked for, what is fresh.
    pub(in crate::otlp) fn take_batch(&mut self, id: AccountId, with_fresh: bool) -> Vec<Held> {
        let mut batch = Vec::new();
        let Some(account) = self.accounts.get_mut(&id) else {
            return batch;
        };
        let before = account.failed.bytes();
        account.failed.fill(&mut batch);
        self.failed_bytes -= before - account.failed.bytes();
        if with_fresh && account.failed.len() == 0 {
            let before = (account.fresh.len(), account.fresh.bytes());
            account.fresh.fill(&mut batch);
            self.fresh_spans -= before.0 - account.fresh.len();
            self.fresh_bytes -= before.1 - account.fresh.bytes();
        }
        account.in_flight += batch.len();
        self.fewer_are_fresh();
        batch
    }

    /// An attempt is over, and `count` of its spans with it.
    pub(in crate::otlp) fn settle(&mut self, id: AccountId, count: usize, became: Tally) {
        if let Some(account) = self.accounts.get_mut(&id) {
            account.in_flight = account.in_flight.saturating_sub(count);
            account.tally.delivered += became.delivered;
            account.tally.logged += became.logged;
            account.tally.resent += became.resent;
        }
    }

    /// An attempt failed: its spans are retained.
    pub(in crate::otlp) fn give_back(&mut self, id: AccountId, batch: Vec<Held>, resent: u64) -> GivenUp {
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

    /// Gives up all that is held, but for what is in flight.
    pub(in crate::otlp) fn give_up_all(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        for account in self.accounts.values_mut() {
            account.settle_budget();
            let all = account.failed.drain().chain(account.fresh.drain());
            let before = given_up.len();
            given_up.extend(all);
            account.tally.logged += (given_up.len() - before) as u64;
        }
        (self.fresh_spans, self.fresh_bytes, self.failed_bytes) = (0, 0, 0);
        given_up
    }

    fn select(&self, wanted: fn(&Account) -> bool) -> Vec<AccountId> {
        let chosen = self.accounts.iter().filter(|(_, account)| wanted(account));
        chosen.map(|(id, _)| *id).collect()
    }

    pub(super) fn bound_fresh(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        while self.fresh_spans > FRESH_SPANS_MAX || self.fresh_bytes > FRESH_BYTES_MAX {
            let oldest = self.accounts.values_mut().find(|account| account.fresh.len() > 0);
            let Some((account, held)) = oldest.and_then(|a| a.fresh.pop_front().map(|held| (a, held))) else {
                break;
            };
            account.tally.logged += 1;
            self.fresh_spans -= 1;
            self.fresh_bytes -= held.memory;
            given_up.push(held);
        }
        given_up
    }

    pub(super) fn bound_failed(&mut self) -> GivenUp {
        let mut given_up = GivenUp::new();
        while self.failed_bytes > self.retain_bytes {
            let oldest = self.accounts.values_mut().find(|account| account.failed.len() > 0);
            let Some((account, held)) = oldest.and_then(|a| a.failed.pop_front().map(|held| (a, held))) else {
                break;
            };
            account.tally.logged += 1;
            self.failed_bytes -= held.memory;
            given_up.push(held);
        }
        given_up
    }
}
