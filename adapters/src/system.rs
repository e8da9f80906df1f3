//! The machine's clock and randomness. The only place where the present is read.

mod clock;
mod freeze_watch;
mod random;

pub use clock::SystemClock;
pub use freeze_watch::FreezeWatch;
pub use random::SystemRandom;
