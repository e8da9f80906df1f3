//! The aggregate of one ticker's items, in the precision in which it is printed.

use crate::item::Sentiment;
use lambda_trace::Timestamp;
use std::fmt;

/// An exact number with four decimals: what is compared and hashed is what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct E4(i64);

impl E4 {
    /// `sum / count`, where `sum` counts units of `1 / scale`; rounded half away from zero; 0 for no items.
    pub(super) fn mean(sum: i64, count: u64, scale: i64) -> Self {
        let divisor = i128::from(count) * i128::from(scale);
        Self(divide_rounded(i128::from(sum) * 10_000, divisor))
    }

    /// `part / whole`, rounded half up; 0 if `whole` is 0.
    pub(super) fn share(part: u64, whole: u64) -> Self {
        Self(divide_rounded(i128::from(part) * 10_000, i128::from(whole)))
    }

    /// In units of 1 / 10,000.
    pub(crate) const fn units(self) -> i64 {
        self.0
    }

    /// As a JSON number.
    #[expect(clippy::cast_precision_loss, reason = "at most 10,000 in size: exact in f64")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 10_000.0
    }
}

fn divide_rounded(dividend: i128, divisor: i128) -> i64 {
    if divisor == 0 {
        return 0;
    }
    let half = divisor / 2 * dividend.signum();
    i64::try_from((dividend + half) / divisor).unwrap_or_default()
}

/// Always four decimals.
impl fmt::Display for E4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:04}", n / 10_000, n % 10_000)
    }
}

/// The aggregate of a ticker's items (docs/events.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// The mean score.
    pub score: E4,
    /// The sentiment of the majority.
    pub label: Sentiment,
    /// The share of the majority.
    pub confidence: E4,
    /// The number of items.
    pub count: u64,
    /// The date of the newest item. It is not part of the state that cursors compare.
    pub newest: Timestamp,
}

impl Aggregate {
    /// The aggregate of a ticker that left the window.
    pub const GONE: Self = Self {
        score: E4(0),
        label: Sentiment::Neutral,
        confidence: E4(0),
        count: 0,
        newest: Timestamp::from_micros(0),
    };

    /// Whether a client that holds the one need not be sent the other.
    pub fn prints_like(&self, other: &Self) -> bool {
        (self.score, self.label, self.confidence, self.count)
            == (other.score, other.label, other.confidence, other.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_rounded_half_away_from_zero() {
        assert_eq!(E4::mean(1_000_050_000, 2, 1_000_000_000).to_string(), "0.5000");
        assert_eq!(E4::mean(50_000, 1, 1_000_000_000).to_string(), "0.0001");
        assert_eq!(E4::mean(-50_000, 1, 1_000_000_000).to_string(), "-0.0001");
        assert_eq!(E4::mean(49_999, 1, 1_000_000_000).to_string(), "0.0000");
        assert_eq!(E4::mean(0, 0, 1_000_000_000).to_string(), "0.0000");
    }

    #[test]
    fn shares_print_with_four_decimals() {
        assert_eq!(E4::share(2, 3).to_string(), "0.6667");
        assert_eq!(E4::share(1, 1).to_string(), "1.0000");
        assert!((E4::share(1, 3).to_f64() - 0.3333).abs() < f64::EPSILON);
    }
}
