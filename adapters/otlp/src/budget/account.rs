//! One account of a budget: its allowance, and the round in progress.

use super::{allowance::RateAllowance, round::Round};
use crate::{BufferedSpan, queue::Queue};
use lambda_trace::Timestamp;

/// The budget of spans of certain names.
pub(super) struct AccountState {
    allowance: RateAllowance,
    round: Option<Round>,
}

impl AccountState {
    pub(super) const fn new(allowance: RateAllowance) -> Self {
        Self { allowance, round: None }
    }

    /// A span of this round arrives, which ends any other round.
    pub(super) fn enter_round(&mut self, number: u64, admitted: &mut Queue) {
        if self.round.as_ref().is_none_or(|round| round.number != number) {
            self.close_round(admitted);
            self.round = Some(Round::new(number));
        }
    }

    /// Admits the spans of the round, which fitted when they were added.
    pub(super) fn close_round(&mut self, admitted: &mut Queue) {
        if let Some(round) = self.round.take() {
            self.allowance.charge(round.cost);
            admitted.extend(round.spans);
        }
    }

    /// Adds a span to the current round; returns how many spans are folded because of it.
    pub(super) fn add_to_round(&mut self, buffered: BufferedSpan) -> u64 {
        let available = self.allowance.available(buffered.span.end);
        self.round.as_mut().map_or(1, |round| round.add(buffered, available))
    }

    /// Pays for a single span, if the allowance suffices.
    pub(super) fn pay(&mut self, buffered: &BufferedSpan) -> bool {
        self.allowance.spend(buffered.document, buffered.span.end)
    }

    /// What a span that ended at `at` may cost.
    pub(super) fn available(&mut self, at: Timestamp) -> usize {
        self.allowance.available(at)
    }

    /// The number of spans that are kept, neither admitted nor folded yet.
    pub(super) fn kept(&self) -> usize {
        self.round.as_ref().map_or(0, |round| round.spans.len())
    }
}
