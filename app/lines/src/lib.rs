#![doc = include_str!("../README.md")]

mod input;
mod replay;
mod span;
mod waterfall;

pub use input::{Input, Ledger};
pub use replay::{Refusal, Replay, ReplayError, SPANS_PER_REQUEST, Summary, TraceSummary};
pub use span::{Phase, SpanRecord};
pub use waterfall::{Style, draw};
