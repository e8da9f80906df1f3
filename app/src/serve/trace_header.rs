//! A trace header and a request id for a request that has none, as Lambda adds them.

use lambda_trace::Timestamp;
use sse_core::ports::Random;

/// A sampled header of a trace that begins now, in X-Ray's form.
pub(super) fn invent(now: Timestamp, random: &dyn Random) -> String {
    let seconds = (now.millis() / 1_000) & 0xffff_ffff;
    let (high, low) = (random.next_u64() >> 32, random.next_u64());
    // The invalid id 0 is one of 2^64; it would leave this invocation untraced, and that is all.
    let parent = random.next_u64();
    format!("Root=1-{seconds:08x}-{high:08x}{low:016x};Parent={parent:016x};Sampled=1")
}

/// A request id in the form of Lambda's.
pub(super) fn request_id(random: &dyn Random) -> String {
    // Version 4 and variant 1 of a UUID, in the bits where they stand.
    let bits = (u128::from(random.next_u64()) << 64) | u128::from(random.next_u64());
    let bits = (bits & !((0xf << 76) | (0x3 << 62))) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_trace::TraceContext;
    use sse_adapters::memory::SeededRandom;

    #[test]
    fn invented_headers_are_sampled() {
        let random = SeededRandom::new(1);
        for second in [0, 1, 1_795_000_000] {
            let header = invent(Timestamp::from_millis(second * 1_000), &random);
            assert!(TraceContext::parse(Some(&header)).is_sampled(), "{header}");
        }
    }

    #[test]
    fn request_ids_have_the_form_of_version_4() {
        let id = request_id(&SeededRandom::new(1));
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(id[14..].starts_with('4') && "89ab".contains(&id[19..20]), "{id}");
    }
}
