//! Trace and span ids in X-Ray's formats. How they are generated is the port [`crate::SpanIds`].

use crate::Timestamp;
use std::{fmt, num::NonZeroU64};

/// A trace id: 32 bits of epoch seconds and 96 random bits, printed as `1-8hex-24hex`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(u128);

impl TraceId {
    /// `None` for the invalid id 0.
    pub fn new(id: u128) -> Option<Self> {
        (id != 0).then_some(Self(id))
    }

    /// When the trace began, to the second, according to its first 32 bits.
    pub fn began_at(self) -> Timestamp {
        // 32 bits are left of 128.
        Timestamp::from_millis(u64::try_from(self.0 >> 96).unwrap_or(u64::MAX).saturating_mul(1_000))
    }

    /// The id as OpenTelemetry's 128 bits.
    pub fn to_bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "1-{}-{}", &hex[..8], &hex[8..])
    }
}

/// A span or segment id: 64 bits, never 0, printed as 16 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

impl SpanId {
    /// `None` for the invalid id 0.
    pub fn new(id: u64) -> Option<Self> {
        NonZeroU64::new(id).map(Self)
    }

    /// The id as 64 bits.
    pub fn to_bits(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rule: FR-053.
    #[test]
    fn ids_print_in_the_forms_of_x_ray() {
        let trace = TraceId::new(0x6789_1233_abcd_ef01_2345_6789_1234_5678).expect("not zero");
        assert_eq!(trace.to_string(), "1-67891233-abcdef012345678912345678");
        assert_eq!(SpanId::new(0xab).expect("not zero").to_string(), "00000000000000ab");
    }

    #[test]
    fn zero_is_no_id() {
        assert!(TraceId::new(0).is_none() && SpanId::new(0).is_none());
    }
}
