//! The trace budget of one stream. X-Ray accepts about 100 kB per trace when documents arrive spread over time, and a
//! stream of 15 minutes produces more. Spans that do not fit are folded: counted, never buffered, never sent.
//!
//! A reserve keeps room for the spans without which a trace cannot be understood. The rest is divided by name, so that
//! frequent small spans cannot displace rare large ones, and accrues over the stream's life, so that its end is as
//! visible as its beginning. Names, shares and places come from the service. Knows neither the buffer nor the ledger.

mod account;
mod allowance;
mod reserve;
mod round;

use super::{buffered::BufferedSpan, queue::Queue, rules::Rules, span_policy::Which};
use account::AccountState;
use allowance::RateAllowance;
use lambda_trace::{SpanOutline, Timestamp};
use reserve::Reserve;
use std::sync::Arc;

/// The budget of one stream.
pub(super) struct Budget {
    rules: Arc<Rules>,
    reserve: Reserve,
    /// In the order of the policy's accounts.
    accounts: Vec<AccountState>,
    /// For each name whose last span has a reserved place, the newest span that did not fit. If no other follows, it is
    /// the last one.
    last: Vec<(&'static str, Option<BufferedSpan>)>,
    folded: u64,
}

impl Budget {
    /// The budget of a stream that lasts from `opened` to `expected_end`.
    pub(super) fn new(rules: Arc<Rules>, opened: Timestamp, expected_end: Timestamp) -> Self {
        let policy = &rules.policy;
        let rest = rules.budget_bytes.saturating_sub(policy.reserve_bytes);
        let shares = policy.accounts.iter().map(|account| account.share as usize).sum::<usize>().max(1);
        let account = |share: usize| AccountState::new(RateAllowance::new(rest * share / shares, opened, expected_end));
        let accounts = policy.accounts.iter().map(|of| account(of.share as usize)).collect();
        let last = policy.places.iter().filter(|place| place.which == Which::Last);
        let last = last.map(|place| (place.name, None)).collect();
        Self { reserve: Reserve::new(&rules), accounts, last, folded: 0, rules }
    }

    /// Admits a span into `admitted`, folds it, or keeps it until its round, or the stream, has ended.
    pub(super) fn offer(&mut self, mut buffered: BufferedSpan, admitted: &mut Queue) {
        let (name, round) = (buffered.span.name, buffered.span.round);
        let mut accounts = self.rules.policy.accounts.iter().zip(&mut self.accounts);
        let mut account = accounts.find(|(account, _)| account.names.contains(&name)).map(|(_, state)| state);
        if let (Some(account), Some(number)) = (&mut account, round) {
            account.enter_round(number, admitted);
        }
        let is_reserved = self.reserve.admit(&mut buffered, &self.rules);
        // The stream's own span is never folded, because it contains how many were.
        let has_a_place = is_reserved || buffered.is_stream;
        match account {
            Some(account) if !has_a_place && round.is_some() => self.folded += account.add_to_round(buffered),
            account => {
                let fits = has_a_place || account.is_some_and(|account| account.pay(&buffered));
                let is_last = self.last.iter_mut().find(|(of, _)| *of == name).map(|(_, kept)| kept);
                let rest = if fits {
                    admitted.push(buffered);
                    None
                } else {
                    Some(buffered)
                };
                // A newer span has come, so the one kept until now was not the last.
                let folded = match is_last {
                    Some(kept) => std::mem::replace(kept, rest),
                    None => rest,
                };
                self.folded += u64::from(folded.is_some());
            }
        }
    }

    /// Folds a span that is not made yet, if [`Self::offer`] surely would, and another one of its name followed: it has no place, and
    /// its account could not pay for the least that it can weigh. It belongs to no round and is no failure.
    pub(super) fn fold(&mut self, outline: &SpanOutline<'_>) -> bool {
        let mut accounts = self.rules.policy.accounts.iter().zip(&mut self.accounts);
        let account = accounts.find(|(account, _)| account.names.contains(&outline.name)).map(|(_, state)| state);
        let least = self.rules.guard.bare(outline.name);
        let can_pay = account.is_some_and(|account| account.available(outline.end) >= least);
        let is_folded = !can_pay && !self.reserve.has_place(outline, &self.rules);
        self.folded += u64::from(is_folded);
        is_folded
    }

    /// Admits or folds what was kept, because the stream has ended.
    pub(super) fn settle(&mut self, admitted: &mut Queue) {
        for account in &mut self.accounts {
            account.close_round(admitted);
        }
        for (_, kept) in &mut self.last {
            let Some(mut last) = kept.take() else { continue };
            if Reserve::admit_last(&mut last, &self.rules) {
                admitted.push(last);
            } else {
                self.folded += 1;
            }
        }
    }

    /// The number of spans folded so far.
    pub(super) const fn folded(&self) -> u64 {
        self.folded
    }

    /// The number of spans that are kept, neither admitted nor folded yet.
    pub(super) fn kept(&self) -> usize {
        let rounds = self.accounts.iter().map(AccountState::kept).sum::<usize>();
        rounds + self.last.iter().filter(|(_, kept)| kept.is_some()).count()
    }
}

#[cfg(test)]
mod tests;
