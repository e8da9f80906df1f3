//! `Random`: spread out, and within the range that was asked for.

use sse_core::ports::Random;
use std::collections::HashSet;

/// The whole suite.
///
/// # Panics
/// The adapter breaks the contract.
pub fn check_random(random: &dyn Random) {
    let drawn: HashSet<_> = (0..10_000).map(|_| random.next_u64()).collect();
    assert_eq!(drawn.len(), 10_000, "repeats itself");
    let ones: u32 = drawn.iter().map(|n| n.count_ones()).sum();
    assert!((310_000..330_000).contains(&ones), "{ones} of 640000 bits are set");
    let seen: HashSet<_> = (0..1_000).map(|_| random.between(10, 14)).collect();
    assert_eq!(seen, HashSet::from([10, 11, 12, 13, 14]));
    assert_eq!((random.between(5, 5), random.between(9, 3)), (5, 9));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{memory::SeededRandom, system::SystemRandom};

    #[test]
    fn seeded_and_the_system_s() {
        (0..5).for_each(|seed| check_random(&SeededRandom::new(seed)));
        check_random(&SystemRandom::new().unwrap());
    }
}
