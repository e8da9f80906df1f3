//! The machine's clock and randomness. The only place where the present is read.

mod clock;
mod random;

pub use clock::SystemClock;
pub use random::SystemRandom;
