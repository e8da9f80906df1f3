//! Counts of spans.

/// The numbers of spans by outcome, since the last line was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SpanCounts {
    pub(super) delivered: u64,
    pub(super) logged: u64,
    /// Sent again after an attempt whose response was not read; not part of the sum.
    pub(super) resent: u64,
}

impl SpanCounts {
    /// Adds the outcome of one attempt.
    pub(super) const fn add(&mut self, became: Self) {
        self.delivered += became.delivered;
        self.logged += became.logged;
        self.resent += became.resent;
    }

    /// Whether any span was delivered or logged.
    pub(super) const fn settles(&self) -> bool {
        self.delivered + self.logged > 0
    }
}
