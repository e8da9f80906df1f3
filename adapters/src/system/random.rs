//! Randomness for jitter and connection ids: the system's seed, then a small generator of our own.

use crate::splitmix::SplitMix;
use sse_core::ports::Random;

/// Seeded once from the operating system; no system call, no lock after that.
pub struct SystemRandom(SplitMix);

impl SystemRandom {
    /// Takes a seed from the operating system.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn new() -> Result<Self, getrandom::Error> {
        Ok(Self(SplitMix::new(getrandom::u64()?)))
    }
}

impl Random for SystemRandom {
    fn next_u64(&self) -> u64 {
        self.0.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_processes_do_not_repeat_each_other() {
        let of = |random: SystemRandom| [random.next_u64(), random.next_u64()];
        let (a, b) = (of(SystemRandom::new().unwrap()), of(SystemRandom::new().unwrap()));
        assert!(a[0] != a[1] && a != b);
    }
}
