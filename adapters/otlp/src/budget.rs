//! The trace budget of one stream: X-Ray takes about 100 kB per trace when documents come spread over time, and a stream
//! of 15 minutes makes more. What does not fit is folded: counted, never buffered, never sent.
//!
//! A reserve makes sure of the spans without which a trace cannot be read. The rest is shared by name, so that cheap spans
//! cannot starve dear ones, and accrues over the stream's life, so that its end is as visible as its beginning.
//! Knows neither the buffer nor the ledger.

mod allowance;
mod reserve;
mod round;

use super::{buffered::BufferedSpan, queue::Queue, size::Sizes};
use allowance::RateAllowance;
use lambda_trace::{Timestamp, names};
use reserve::Reserve;
use round::{Call, Round};

/// Of the budget, what is set aside for the spans that always fit, in bytes.
pub(crate) const RESERVE_BYTES: usize = 16_000;

/// The budget of one stream.
pub(super) struct Budget {
    sizes: Sizes,
    reserve: Reserve,
    polls: RateAllowance,
    dispatches: RateAllowance,
    puts: RateAllowance,
    round: Round,
    /// The newest event that did not fit. Should no other follow, it is the last one, which always fits.
    last_event: Option<BufferedSpan>,
    folded: u64,
}

impl Budget {
    /// `total` estimated bytes, from `opened` to `expected_end`.
    pub(super) fn new(total: usize, sizes: Sizes, opened: Timestamp, expected_end: Timestamp) -> Self {
        let rest = total.saturating_sub(RESERVE_BYTES);
        let allowance = |share: usize| RateAllowance::new(share, opened, expected_end);
        Self {
            sizes,
            reserve: Reserve::new(total.min(RESERVE_BYTES), sizes),
            polls: allowance(rest / 2),
            dispatches: allowance(rest / 3),
            puts: allowance(rest / 6),
            round: Round::default(),
            last_event: None,
            folded: 0,
        }
    }

    /// Admits a span into `buffer`, folds it, or keeps it until its round, or the stream, is over.
    pub(super) fn offer(&mut self, mut buffered: BufferedSpan, buffer: &mut Queue) {
        let (name, end) = (buffered.span.name, buffered.span.end);
        let is_reserved = self.reserve.admit(&mut buffered, self.sizes);
        match name {
            names::POLL => {
                let mut call = Call::new(&buffered);
                if is_reserved {
                    buffer.push(buffered);
                } else {
                    call.buffered = Some(buffered);
                }
                self.poll(call, buffer);
            }
            names::DISPATCH => {
                if is_reserved || self.dispatches.spend(buffered.document, end) {
                    self.folded += u64::from(self.last_event.take().is_some());
                    buffer.push(buffered);
                } else {
                    self.folded += u64::from(self.last_event.replace(buffered).is_some());
                }
            }
            names::PUT_METRIC if is_reserved || self.puts.spend(buffered.document, end) => buffer.push(buffered),
            // `sse_stream` is never folded: it is the one that says how many were.
            names::STREAM => buffer.push(buffered),
            _ if is_reserved => buffer.push(buffered),
            _ => self.folded += 1,
        }
    }

    fn poll(&mut self, call: Call, buffer: &mut Queue) {
        if self.round.is_ended_by(&call) {
            self.close_round(Some(&call), buffer);
        }
        let available = self.polls.available(call.end);
        self.folded += self.round.add(call, available);
    }

    /// Settles what was kept, because the stream is over; what is still in doubt is admitted or folded now.
    pub(super) fn settle(&mut self, buffer: &mut Queue) {
        self.close_round(None, buffer);
        if let Some(mut last) = self.last_event.take() {
            if Reserve::admit_last_event(&mut last, self.sizes) {
                buffer.push(last);
            } else {
                self.folded += 1;
            }
        }
    }

    /// How many spans were folded so far.
    pub(super) const fn folded(&self) -> u64 {
        self.folded
    }

    /// How many spans are kept, neither admitted nor folded yet.
    pub(super) fn kept(&self) -> usize {
        self.round.len() + usize::from(self.last_event.is_some())
    }

    fn close_round(&mut self, next: Option<&Call>, buffer: &mut Queue) {
        let available = self.polls.available_now();
        let (pending_round, folded) = self.round.close(next, available);
        self.folded += folded;
        self.polls.charge(pending_round.cost);
        buffer.extend(pending_round.spans);
    }
}

#[cfg(test)]
mod tests;
