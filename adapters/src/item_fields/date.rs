//! The forms in which a date may be written.

use lambda_trace::Timestamp;
use std::borrow::Cow;

/// How many characters name a date to the second: `2026-11-22T08:00:00`.
const TO_THE_SECOND: usize = 19;

/// Parses an item's `updated_at`: RFC 3339 to the second or finer, in UTC, which may be written as `Z`, `+00:00`,
/// `+0000` or not at all.
///
/// Another offset is rejected: the index sorts these texts, and such a date would stand where no read looks for it. A
/// blank instead of the `T` sorts before every read of its day, and is rejected for the same reason.
pub fn updated_at(text: &str) -> Option<Timestamp> {
    if text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    // RFC 3339 knows neither `+0000` nor a date without offset.
    let text: Cow<'_, str> = match text.strip_suffix("+0000") {
        Some(naive) => format!("{naive}Z").into(),
        None if text.ends_with('Z') || text.ends_with("+00:00") => text.into(),
        None if text.get(TO_THE_SECOND..).is_some_and(is_fraction) => format!("{text}Z").into(),
        None => return None,
    };
    Timestamp::parse(&text)
}

fn is_fraction(text: &str) -> bool {
    text.is_empty() || text.strip_prefix('.').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_has_four_spellings_to_the_second_or_finer() {
        for fraction in ["", ".5", ".500", ".500000", ".500000000"] {
            let expected = Timestamp::parse(&format!("2026-11-22T08:00:00{fraction}Z"));
            for offset in ["Z", "+00:00", "+0000", ""] {
                let text = format!("2026-11-22T08:00:00{fraction}{offset}");
                assert!(expected.is_some() && updated_at(&text) == expected, "{text}");
            }
        }
    }

    #[test]
    fn what_the_index_would_sort_elsewhere_is_refused() {
        for bad in [
            "",
            "zzz",
            "1795334400",
            "2026-11-22",
            "2026-11-22T08:00",
            "2026-11-22T08:00:00.",
            "2026-11-22T08:00:00.+0000",
            "2026-11-22T10:00:00.000+02:00",
            "2026-11-22T10:00:00+0530",
            "2026-11-22T10:00:00-00:00",
            "2026-11-22 08:00:00Z",
            "2026-11-22T08:00:00.000z",
            "2026-11-22T08:00:00.5é",
            "2026-11-22T08:00:00+0000Z",
            "é2026-11-22T08",
        ] {
            assert_eq!(updated_at(bad), None, "{bad}");
        }
    }
}
