//! The cursor: a digest of the state that the client holds, so that any environment can compare it with its own state.
//!
//! It has one hash for `metrics`, and one for each of 16 buckets of tickers. A part of which the client may lack
//! something is *unknown*, which equals nothing.

use crate::{item::Ticker, window::Aggregate};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{fmt, num::NonZeroU32};
use xxhash_rust::xxh64::{Xxh64, xxh64};

/// The number of buckets into which tickers are divided by name.
pub const BUCKETS: usize = 16;
/// The version of the digest's form. A client that comes with another version gets the full state.
const VERSION: u8 = 2;
const BYTES: usize = 1 + 4 * (1 + BUCKETS);
/// How an unknown part is written in a cursor.
const UNKNOWN: u32 = 0;

/// The hash of one part, or unknown.
///
/// `==` compares what is written; [`Part::equals`] says whether a client needs a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part(Option<NonZeroU32>);

impl Part {
    /// Equals nothing, itself included.
    pub const UNKNOWN: Self = Self(None);

    /// Whether both are known, and the same.
    pub fn equals(self, other: Self) -> bool {
        self.0.is_some() && self.0 == other.0
    }

    fn from_wire(bits: u32) -> Self {
        Self(NonZeroU32::new(bits))
    }

    fn to_wire(self) -> u32 {
        self.0.map_or(UNKNOWN, NonZeroU32::get)
    }
}

/// The sum of the hashes of a part's entries: it is independent of the order in which they were added, and a change
/// costs no more than what changed. The hash is fixed and unseeded, so that every environment and every version of this
/// service agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PartSum(u64);

impl PartSum {
    pub(crate) const fn add(&mut self, entry: u64) {
        self.0 = self.0.wrapping_add(entry);
    }

    pub(crate) const fn remove(&mut self, entry: u64) {
        self.0 = self.0.wrapping_sub(entry);
    }

    pub(crate) fn part(self) -> Part {
        let wide = xxh64(&self.0.to_le_bytes(), 0);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are folded into 32 bits")]
        let folded = (wide ^ (wide >> 32)) as u32;
        Part::from_wire(if folded == UNKNOWN { 1 } else { folded })
    }
}

/// The hash of an entry: a name, and numbers in the precision in which they are printed.
pub(crate) fn entry(name: &str, numbers: &[i64]) -> u64 {
    let mut hash = Xxh64::new(0);
    hash.update(name.as_bytes());
    // No name contains this byte, so no part of a name can be taken for a number.
    hash.update(&[0]);
    for number in numbers {
        hash.update(&number.to_le_bytes());
    }
    hash.digest()
}

/// The entry of a ticker in its bucket.
pub(crate) fn ticker_entry(ticker: &Ticker, a: &Aggregate) -> u64 {
    let label = i64::try_from(a.label.index()).unwrap_or(0);
    entry(ticker.as_str(), &[a.score.units(), label, a.confidence.units(), number(a.count)])
}

/// A count, in the form in which it enters a hash.
pub(crate) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The bucket of a ticker, derived from its name.
pub fn bucket_of(ticker: &Ticker) -> usize {
    // Below 16, so the cast is exact.
    usize::try_from(xxh64(ticker.as_str().as_bytes(), 0) % BUCKETS as u64).unwrap_or(0)
}

/// The digest of what a client holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// The `metrics` part.
    pub metrics: Part,
    /// The buckets.
    pub buckets: [Part; BUCKETS],
}

impl Digest {
    /// Parses a cursor; `None` for anything else, and for another version: the client then gets the full state.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        if bytes.len() != BYTES || bytes[0] != VERSION {
            return None;
        }
        let mut parts =
            bytes[1..].chunks_exact(4).map(|c| Part::from_wire(u32::from_be_bytes([c[0], c[1], c[2], c[3]])));
        let metrics = parts.next()?;
        let mut buckets = [Part::UNKNOWN; BUCKETS];
        for bucket in &mut buckets {
            *bucket = parts.next()?;
        }
        Some(Self { metrics, buckets })
    }
}

/// The cursor in unpadded base64url: 92 characters.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; BYTES];
        bytes[0] = VERSION;
        let parts = std::iter::once(self.metrics).chain(self.buckets);
        for (slot, part) in bytes[1..].chunks_exact_mut(4).zip(parts) {
            slot.copy_from_slice(&part.to_wire().to_be_bytes());
        }
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_round_trips_and_fits() {
        let mut digest = Digest { metrics: Part::from_wire(7), ..Digest::default() };
        digest.buckets[15] = Part::from_wire(u32::MAX);
        let text = digest.to_string();
        assert!(text.len() <= 128, "{}", text.len());
        let back = Digest::parse(&text).expect("its own form");
        assert!(back.metrics.equals(digest.metrics) && back.buckets[15].equals(digest.buckets[15]));
        assert!(!back.buckets[0].equals(digest.buckets[0]), "unknown equals nothing, itself included");
    }

    #[test]
    fn anything_else_is_no_digest() {
        let good = Digest::default().to_string();
        let other_version = format!("Aw{}", &good[2..]);
        let padded = format!("{good}==");
        let long = "A".repeat(500);
        for bad in ["", "0", "AQ", "not base64!", "1234567", &other_version, &good[1..], &padded, &long, "\0", "é"] {
            assert!(Digest::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn hashes_are_fixed_and_know_no_order() {
        let gone = |name: &str| ticker_entry(&Ticker::parse(name).expect("a ticker"), &Aggregate::GONE);
        let mut sum = PartSum::default();
        let empty = sum.part().to_wire();
        sum.add(gone("AAPL"));
        let one = sum.part().to_wire();
        sum.add(gone("MSFT"));
        sum.remove(gone("AAPL"));
        sum.add(gone("AAPL"));
        sum.remove(gone("MSFT"));
        assert_eq!((empty, one, sum.part().to_wire()), (4_262_621_558, 1_779_322_586, 1_779_322_586));
    }

    #[test]
    fn buckets_are_fixed_and_spread() {
        let of = |t: &str| bucket_of(&Ticker::parse(t).expect("a ticker"));
        assert_eq!(["AAPL", "MSFT", "TSLA", "BRK.B"].map(of), [4, 5, 1, 12]);
        let used: std::collections::BTreeSet<_> = (0..200).map(|n| of(&format!("T{n}"))).collect();
        assert_eq!(used.len(), BUCKETS);
    }
}
