//! Why a stream ended.

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The invocation's deadline came near.
    Deadline,
    /// It reached its configured maximum duration.
    StreamMax,
    /// The process is being stopped.
    Shutdown,
    /// The reader disconnected, stopped reading for too long, or the Runtime API refused the response.
    ClientDisconnected,
    /// It failed.
    Error,
    /// It was refused before it began.
    Rejected,
}

impl EndReason {
    /// The name in spans and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::StreamMax => "stream_max",
            Self::Shutdown => "shutdown",
            Self::ClientDisconnected => "client_disconnected",
            Self::Error => "error",
            Self::Rejected => "rejected",
        }
    }
}
