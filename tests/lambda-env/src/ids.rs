//! Identifiers in the forms of Lambda and X-Ray, from one seeded generator: a run is the same for the same seed.

use std::sync::Mutex;

use crate::clock::Stamp;

/// A seeded source of request ids, extension ids and trace ids.
#[derive(Debug)]
pub struct Ids(Mutex<u64>);

impl Ids {
    /// The same seed gives the same ids in the same order (but for the time inside trace ids).
    pub const fn seeded(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// Ids that differ from those of every other run.
    pub fn random() -> Self {
        let mut seed = [0; 8];
        // Without the system's randomness the clock still tells runs apart, and nothing here is a secret.
        let seed = match getrandom::fill(&mut seed) {
            Ok(()) => u64::from_le_bytes(seed),
            Err(_) => Stamp::now().unix_ns(),
        };
        Self::seeded(seed)
    }

    /// The next number (splitmix64).
    pub fn number(&self) -> u64 {
        let mut state = crate::lock(&self.0);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A version 4 UUID, the form of request ids.
    pub fn uuid(&self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// 16 hex digits, the form of segment ids. Never all zeros.
    pub fn segment(&self) -> String {
        format!("{:016x}", self.number().max(1))
    }

    /// `1-8hex-24hex`, the form of X-Ray trace ids; the first part is the time.
    pub fn trace(&self) -> String {
        let seconds = Stamp::now().unix_ms() / 1_000;
        format!("1-{:08x}-{:016x}{:08x}", seconds & 0xffff_ffff, self.number(), self.number() >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_shapes_that_aws_gives_them() {
        let ids = Ids::seeded(1);
        let uuid = ids.uuid();
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]));
        assert_eq!(ids.trace().split('-').map(str::len).collect::<Vec<_>>(), [1, 8, 24]);
        assert_eq!(ids.segment().len(), 16);
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        assert_eq!(Ids::seeded(7).uuid(), Ids::seeded(7).uuid());
        assert_ne!(Ids::seeded(7).uuid(), Ids::seeded(8).uuid());
        assert_ne!(Ids::random().uuid(), Ids::random().uuid());
    }
}
