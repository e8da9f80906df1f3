//! What goes wrong. Names and plain values; `run` brings it about.

use lambda_env::OtlpFault;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing, and an environment that stays awake for a second after it became idle.
    None,
    /// Three invocations, one after the other.
    Warm,
    /// Four invocations at once in one environment.
    Concurrent,
    /// The collector fails in the first invocation.
    Collector(OtlpFault),
    /// The environment is frozen as soon as it may be.
    FreezeAtOnce,
    /// The connection that carries the answer is cut in mid-stream.
    ReaderGone,
    /// The time limit comes in mid-stream.
    Deadline,
    /// The environment is shut down in mid-stream.
    Sigterm,
    /// The function panics in mid-stream.
    Panic,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Fault {
    /// For the command line.
    pub(crate) key: &'static str,
    /// For the page.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

impl Fault {
    const fn of(key: &'static str, name: &'static str, kind: Kind) -> Self {
        Self { key, name, kind }
    }
}

pub(crate) const FAULTS: [Fault; 12] = [
    Fault::of("none", "none", Kind::None),
    Fault::of("warm", "warm: three invocations", Kind::Warm),
    Fault::of("concurrent", "concurrent: four at once", Kind::Concurrent),
    Fault::of("refused", "collector: connection refused", Kind::Collector(OtlpFault::Refuse)),
    Fault::of("hangs", "collector: hangs", Kind::Collector(OtlpFault::Hang)),
    Fault::of("503", "collector: 503", Kind::Collector(OtlpFault::Status(503))),
    Fault::of("answer-lost", "collector: answer lost", Kind::Collector(OtlpFault::AnswerLost)),
    Fault::of("freeze", "frozen at once after the body", Kind::FreezeAtOnce),
    Fault::of("reader", "reader gone in mid-stream", Kind::ReaderGone),
    Fault::of("deadline", "deadline in mid-stream", Kind::Deadline),
    Fault::of("sigterm", "SIGTERM in mid-stream", Kind::Sigterm),
    Fault::of("panic", "panic in mid-stream", Kind::Panic),
];
