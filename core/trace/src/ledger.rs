//! What becomes of the spans of one stream, in numbers.

use std::time::Duration;

/// What became of a flush; of several, the worst. In ascending order of harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlushOutcome {
    /// All that there was is delivered.
    #[default]
    Ok,
    /// No connection, a reset, 408, 429, 5xx: retained.
    Refused,
    /// No answer within the limit: retained.
    Timeout,
    /// Another 4xx, or a partial success: what was rejected is written to the log.
    Rejected,
}

impl FlushOutcome {
    /// The name in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Rejected => "rejected",
        }
    }
}

/// A stream is settled: what its own side knows of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamEnd {
    /// Spans opened in the streaming phase, the stream's own included. A span that was leaked was created all the same.
    pub created: u64,
    /// How long the flush took.
    pub flush_time: Duration,
    /// How it went.
    pub outcome: FlushOutcome,
}

/// The account of a settled stream. `created` is the sum of `delivered`, `retained`, `logged`, `folded` and [`Self::missing`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Spans opened in the streaming phase, the stream's own included.
    pub created: u64,
    /// Accepted where they were sent.
    pub delivered: u64,
    /// Kept for a later flush.
    pub retained: u64,
    /// Given up, and written to the log in a form that can be sent again.
    pub logged: u64,
    /// Counted, and neither kept nor sent.
    pub folded: u64,
    /// Sent again after an attempt whose answer was not read; such spans are counted above as well.
    pub resent: u64,
}

impl LedgerEntry {
    /// Created and never recorded: a leak.
    pub const fn missing(&self) -> u64 {
        self.created.saturating_sub(self.delivered + self.retained + self.logged + self.folded)
    }
}
