//! Randomness that is the same in every run with the same seed.

use crate::splitmix::SplitMix;
use sse_core::ports::Random;

/// For tests and simulations: print the seed, and the run can be had again.
#[derive(Debug)]
pub struct SeededRandom(SplitMix);

impl SeededRandom {
    /// The sequence of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(SplitMix::new(seed))
    }
}

impl Random for SeededRandom {
    fn next_u64(&self) -> u64 {
        self.0.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_kept_at_both_ends() {
        let random = SeededRandom::new(7);
        let mut seen = [false; 3];
        for _ in 0..100 {
            seen[usize::try_from(random.between(4, 6) - 4).unwrap()] = true;
        }
        assert_eq!((seen, random.between(9, 3)), ([true; 3], 9));
    }
}
