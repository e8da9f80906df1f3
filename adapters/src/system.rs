//! The machine's clock and randomness. The only place where the current time is read.

mod freeze_watch;
mod random;

pub use freeze_watch::FreezeWatch;
pub use lambda_trace_otlp::{SystemClock, XrayIds};
pub use random::SystemRandom;
