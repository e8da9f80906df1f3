//! Spans in numbers.

/// Spans by what became of them, since the last line was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SpanCounts {
    pub(super) delivered: u64,
    pub(super) logged: u64,
    /// Sent again after an attempt whose answer was not read; not a part of the identity.
    pub(super) resent: u64,
}

impl SpanCounts {
    /// Adds what one attempt came to.
    pub(super) const fn add(&mut self, became: Self) {
        self.delivered += became.delivered;
        self.logged += became.logged;
        self.resent += became.resent;
    }

    /// Something was delivered or logged.
    pub(super) const fn settles(&self) -> bool {
        self.delivered + self.logged > 0
    }
}
