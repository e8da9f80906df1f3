//! Seeded choices. The same seed makes the same choices.

use lambda_env::Ids;

pub(crate) struct Dice(Ids);

impl Dice {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(Ids::seeded(seed))
    }

    /// A number from `from` to `to`, both included.
    pub(crate) fn between(&self, from: u64, to: u64) -> u64 {
        from + self.0.number() % (to - from + 1)
    }

    pub(crate) fn percent(&self, chance: u64) -> bool {
        self.between(1, 100) <= chance
    }

    pub(crate) fn pick<T: Copy>(&self, of: &[T]) -> T {
        let last = of.len() as u64 - 1;
        of[usize::try_from(self.between(0, last)).unwrap_or(0)]
    }

    /// A seed for something else.
    pub(crate) fn seed(&self) -> u64 {
        self.0.number()
    }
}
