//! Text within X-Ray's rules: the characters of names and keys, and the lengths of values (FR-058).

/// The maximum length of a name, in characters and in bytes, whichever is reached first.
const NAME_BYTES_MAX: usize = 200;
/// The substitute for a name without a single permitted character.
const NAMELESS: &str = "span";

/// Letters, numbers, white space and `_ . : / % & # = + \ - @`; nothing else.
pub(super) fn name(text: &str) -> String {
    let good = |c: &char| c.is_alphanumeric() || c.is_whitespace() || r"_.:/%&#=+\-@".contains(*c);
    let mut name: String = text.chars().filter(good).collect();
    name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
    if name.trim().is_empty() { NAMELESS.to_owned() } else { name }
}

/// Keys of annotations: letters, digits and `_`.
pub(super) fn key(text: &str) -> String {
    let fitting = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    text.chars().map(fitting).collect()
}

/// At most `max` characters.
pub(super) fn cut(text: &str, max: usize) -> &str {
    match text.char_indices().nth(max) {
        Some((at, _)) => &text[..at],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_what_x_ray_allows() {
        assert_eq!(name("## handler"), "## handler");
        assert_eq!(name("a<b>\"c\"é_.:/%&#=+\\-@"), "abcé_.:/%&#=+\\-@");
        assert_eq!(name("<>"), "span");
        assert_eq!(name(&"é".repeat(150)).len(), 200);
    }

    #[test]
    fn keys_have_letters_digits_and_underscores() {
        assert_eq!(key("aws.region-é1"), "aws_region__1");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("éé", 1), "é");
        assert_eq!(cut("éé", 2), "éé");
    }
}
