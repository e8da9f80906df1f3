//! The trace header of one invocation, parsed strictly (FR-052, FR-056, FR-059).
//!
//! It is a value: read from this invocation's own header, moved into the invocation, and made in no other way. An
//! invocation with a header that is not well formed is not traced, because a header that is only half understood would
//! produce spans whose parent does not exist.

use crate::{SpanId, Timestamp, TraceId};
use std::{fmt, time::Duration};

/// X-Ray accepts documents of traces that began at most this long ago.
pub const TRACE_AGE_MAX: Duration = Duration::from_hours(28 * 24);
/// X-Ray's OTLP endpoint accepts spans that are at most this old.
pub const OTLP_TRACE_AGE_MAX: Duration = Duration::from_hours(14 * 24);
/// X-Ray accepts traces that are dated ahead by at most this much.
const AHEAD_MAX: Duration = Duration::from_mins(5);

/// The content of the header. It is not `Clone`: one header, one invocation.
#[derive(Debug)]
pub struct TraceContext(Option<Parent>);

/// The segment that Lambda created for this invocation, in a sampled trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The trace id of this invocation.
    pub trace: TraceId,
    /// The function's own segment: the parent of `## handler` and of the stream's own span.
    pub segment: SpanId,
}

impl TraceContext {
    /// Parses `Lambda-Runtime-Trace-Id` (or `X-Amzn-Trace-Id` on loopback).
    ///
    /// An invocation is sampled only with exactly one well-formed `Root` (version 1), one well-formed `Parent` and one
    /// `Sampled=1`. Unknown parts are ignored, and spaces around parts are trimmed. A known key that occurs twice, and
    /// anything else, means not traced.
    pub fn parse(header: Option<&str>) -> Self {
        Self(header.and_then(parse))
    }

    /// The sampled parent, or `None`: the invocation is not traced. Neither is one whose trace began longer than
    /// `age_max` ago, or is dated ahead by more than X-Ray accepts, because its documents would be refused.
    pub(crate) fn into_parent(self, now: Timestamp, age_max: Duration) -> Option<Parent> {
        self.0.filter(|parent| {
            let began_at = parent.trace.began_at();
            now.since(began_at) <= age_max && began_at.since(now) <= AHEAD_MAX
        })
    }

    /// Whether spans of this invocation are recorded.
    pub fn is_sampled(&self) -> bool {
        self.0.is_some()
    }
}

/// The canonical header, `Root=…;Parent=…;Sampled=1`, for propagation.
impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={};Parent={};Sampled=1", self.trace, self.segment)
    }
}

fn parse(header: &str) -> Option<Parent> {
    let (mut root, mut parent, mut sampled) = (None, None, None);
    for part in header.split(';') {
        let Some((key, value)) = part.trim().split_once('=') else {
            continue;
        };
        let known = match key {
            "Root" => &mut root,
            "Parent" => &mut parent,
            "Sampled" => &mut sampled,
            _ => continue,
        };
        if known.replace(value).is_some() {
            return None;
        }
    }
    if sampled? != "1" {
        return None;
    }
    Some(Parent { trace: trace_id(root?)?, segment: SpanId::new(hex(parent?, 16)?.try_into().ok()?)? })
}

fn trace_id(root: &str) -> Option<TraceId> {
    let (epoch, random) = root.strip_prefix("1-")?.split_once('-')?;
    TraceId::new(hex(epoch, 8)? << 96 | hex(random, 24)?)
}

/// Exactly `digits` hexadecimal digits; `from_str_radix` alone would also take a sign.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let well_formed = text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    well_formed.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "Root=1-67891233-abcdef012345678912345678";
    const PARENT: &str = "Parent=53995c3f42cd8ad8";

    fn check(header: &str, sampled: bool) {
        assert_eq!(TraceContext::parse(Some(header)).is_sampled(), sampled, "{header:?}");
    }

    /// Rule: FR-052. Rule: FR-056.
    #[test]
    fn a_well_formed_header_is_sampled_and_round_trips() {
        let header = format!("{ROOT};{PARENT};Sampled=1");
        let parent = TraceContext::parse(Some(&header))
            .into_parent(Timestamp::from_millis(0x6789_1233 * 1_000), TRACE_AGE_MAX)
            .expect("sampled");
        assert_eq!(parent.to_string(), header);
    }

    #[test]
    fn a_trace_out_of_the_time_that_x_ray_takes_is_no_context() {
        let began_at = Timestamp::from_millis(0x6789_1233 * 1_000);
        let day = Duration::from_hours(24);
        let is_taken = |now: Timestamp, age_max| {
            TraceContext::parse(Some(&format!("{ROOT};{PARENT};Sampled=1"))).into_parent(now, age_max).is_some()
        };
        for (age_max, days) in [(TRACE_AGE_MAX, 28), (OTLP_TRACE_AGE_MAX, 14)] {
            let last = began_at.plus(day * days);
            assert!(is_taken(last, age_max) && !is_taken(last.plus(Duration::from_millis(1)), age_max), "{days} days");
        }
        let first = began_at.minus(AHEAD_MAX);
        assert!(is_taken(first, TRACE_AGE_MAX) && !is_taken(first.minus(Duration::from_millis(1)), TRACE_AGE_MAX));
    }

    #[test]
    fn order_spaces_and_unknown_parts_do_not_matter() {
        check(&format!("Sampled=1;{PARENT};{ROOT}"), true);
        check(&format!(" {ROOT} ; {PARENT} ;\tSampled=1 "), true);
        check(&format!("Self=1-2-3;{ROOT};{PARENT};Sampled=1;Lineage=1:73f724a8:0"), true);
        check(&format!("{ROOT};{PARENT};Sampled=1;odd=a,b=c;;junk"), true);
    }

    /// Rule: FR-052. Rule: FR-056.
    #[test]
    fn whatever_is_not_well_formed_runs_untraced() {
        for bad in [
            String::new(),
            "garbage".into(),
            format!("{ROOT};Sampled=1"),
            format!("{PARENT};Sampled=1"),
            format!("{ROOT};{PARENT}"),
            format!("{ROOT};{PARENT};Sampled=0"),
            format!("{ROOT};{PARENT};Sampled=?"),
            format!("{ROOT};{PARENT};Sampled=11"),
            format!("{ROOT};{ROOT};{PARENT};Sampled=1"),
            format!("{ROOT};{PARENT};Sampled=1;Sampled=1"),
            format!("{ROOT};{PARENT};Sampled=1;Sampled=0"),
            format!("{};{PARENT};sampled=1", ROOT.to_lowercase()),
            format!("Root=2-67891233-abcdef012345678912345678;{PARENT};Sampled=1"),
            format!("Root=1-6789123-abcdef012345678912345678;{PARENT};Sampled=1"),
            format!("Root=1-67891233-abcdef01234567891234567;{PARENT};Sampled=1"),
            format!("Root=1-00000000-000000000000000000000000;{PARENT};Sampled=1"),
            format!("Root=1-+7891233-abcdef012345678912345678;{PARENT};Sampled=1"),
            format!("{ROOT};Parent=0000000000000000;Sampled=1"),
            format!("{ROOT};Parent=53995c3f42cd8ad;Sampled=1"),
            format!("{ROOT};Parent=53995c3f42cd8adg;Sampled=1"),
            format!("{ROOT};Parent =53995c3f42cd8ad8;Sampled=1"),
        ] {
            check(&bad, false);
        }
        assert!(!TraceContext::parse(None).is_sampled());
    }
}
