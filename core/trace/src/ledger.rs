//! The ledger: what became of the spans of one stream, in numbers.

use std::time::Duration;

/// The outcome of a flush; of several flushes, the worst. The variants are in ascending order of harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlushOutcome {
    /// Every span was delivered.
    #[default]
    Ok,
    /// No connection, a reset, or the status 408, 429 or 5xx: the spans are retained.
    Refused,
    /// No response within the time limit: the spans are retained.
    Timeout,
    /// Another 4xx, or a partial success: the rejected spans are written to the log.
    Rejected,
}

impl FlushOutcome {
    /// The name in the ledger line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Rejected => "rejected",
        }
    }
}

/// What the invocation knows of a stream when it is settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamEnd {
    /// Spans opened in the streaming phase, the stream's own included. A span that was leaked counts as created.
    pub created: u64,
    /// How long the flush took.
    pub flush_time: Duration,
    /// The outcome of the flush.
    pub outcome: FlushOutcome,
}

/// The ledger entry of a settled stream. `created` is the sum of `delivered`, `retained`, `logged`, `folded` and
/// [`Self::missing`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Spans opened in the streaming phase, the stream's own included.
    pub created: u64,
    /// Spans that the receiver accepted.
    pub delivered: u64,
    /// Spans that are kept for a later flush.
    pub retained: u64,
    /// Spans that were given up, and written to the log in a form from which they can be sent again.
    pub logged: u64,
    /// Spans beyond the trace budget, which were counted, and neither kept nor sent.
    pub folded: u64,
    /// Spans that were sent again after an attempt whose response was not read. They are part of the counts above.
    pub resent: u64,
}

impl LedgerEntry {
    /// Spans that were created and never recorded: a leak.
    pub const fn missing(&self) -> u64 {
        self.created.saturating_sub(self.delivered + self.retained + self.logged + self.folded)
    }
}
