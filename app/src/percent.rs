//! Percent-decoding, lenient as browsers are: what is no escape stands for itself, what is no UTF-8 is replaced.

/// What a `+` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A space, as in query strings.
    IsSpace,
    /// Itself, as in paths.
    IsPlus,
}

/// The text behind the escapes.
pub(crate) fn decode(text: &str, plus: Plus) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let escaped = (byte == b'%').then(|| Some(hex(ahead.next()?)? << 4 | hex(ahead.next()?)?));
        match escaped.flatten() {
            Some(decoded) => {
                out.push(decoded);
                bytes = ahead;
            }
            None if byte == b'+' && plus == Plus::IsSpace => out.push(b' '),
            None => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_the_rest_stands() {
        for (text, decoded) in [
            ("", ""),
            ("a%2Cb", "a,b"),
            ("%e2%82%AC", "€"),
            ("a+b", "a b"),
            ("%2B", "+"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%%41", "%A"),
            ("%ff", "\u{fffd}"),
            ("é", "é"),
        ] {
            assert_eq!(decode(text, Plus::IsSpace), decoded, "{text}");
        }
        assert_eq!(decode("a+b", Plus::IsPlus), "a+b");
    }
}
