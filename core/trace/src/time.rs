//! Points in time as plain values. The current time comes from [`crate::Clock`] alone.

use std::{fmt, time::Duration};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time: whole microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }

    /// From milliseconds since the epoch; what does not fit saturates.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded down.
    pub const fn millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Later by `duration`, saturating.
    #[must_use]
    pub const fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// Earlier by `duration`, not before the epoch.
    #[must_use]
    pub const fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }

    /// The time from `earlier` to here, zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// Parses an RFC 3339 date; `None` for anything else, and for dates before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let us = at.unix_timestamp_nanos() / 1_000;
        u64::try_from(us).ok().map(Self)
    }
}

/// Whole milliseconds, as attributes and wire formats give them; what does not fit saturates.
pub const fn whole_millis(duration: Duration) -> u64 {
    saturating(duration.as_millis())
}

/// Whole microseconds; what does not fit saturates.
const fn micros(duration: Duration) -> u64 {
    saturating(duration.as_micros())
}

#[expect(clippy::cast_possible_truncation, reason = "what does not fit is not cast")]
const fn saturating(number: u128) -> u64 {
    if number > u64::MAX as u128 { u64::MAX } else { number as u64 }
}

/// `2026-11-22T08:00:00.000Z`: RFC 3339 in UTC, with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.millis();
        let seconds = i64::try_from(ms / 1_000).unwrap_or(i64::MAX);
        // There is no RFC 3339 form beyond the year 9999; such a date can only be computed from a broken clock.
        let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            ms % 1_000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_the_form_of_items() {
        let text = "2026-11-22T08:00:00.123Z";
        assert_eq!(Timestamp::parse(text).map(|t| t.to_string()).as_deref(), Some(text));
        assert_eq!(Timestamp::parse("2026-11-22T09:00:00.123+01:00"), Timestamp::parse(text));
    }

    #[test]
    fn refuses_what_is_no_date() {
        for bad in ["", "yesterday", "2026-11-22", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59Z", "1700000000"] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let t = Timestamp::from_millis(5);
        assert_eq!(Timestamp::from_micros(u64::MAX).plus(Duration::from_millis(1)).micros(), u64::MAX);
        assert_eq!(t.minus(Duration::from_secs(1)), Timestamp::default());
        assert_eq!((t.plus(Duration::MAX).micros(), t.since(t.plus(Duration::MAX))), (u64::MAX, Duration::ZERO));
        assert_eq!(t.plus(Duration::from_micros(1_500)).since(t), Duration::from_micros(1_500));
        assert_eq!((whole_millis(Duration::from_micros(1_999)), whole_millis(Duration::MAX)), (1, u64::MAX));
    }
}
