//! What goes into evidence from outside: one line, cut, and without anything that was told to be secret.

/// A quoted answer, in characters.
const CHARS_MAX: usize = 300;

/// The first line of a text, without the secrets. AWS answers a bad signature with the request as it saw it, token included, in
/// the lines below.
pub(crate) fn redact<'s>(text: &str, secrets: impl IntoIterator<Item = &'s str>) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let clean = secrets
        .into_iter()
        .filter(|secret| secret.len() > 3)
        .fold(line.to_owned(), |text, secret| text.replace(secret, "[secret]"));
    clean.chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_further_lines_are_left_out() {
        let text = "The token abcd1234 is bad.\nx-amz-security-token:abcd1234";
        assert_eq!(redact(text, ["abcd1234"]), "The token [secret] is bad.");
        assert_eq!(redact(&"x".repeat(1_000), []).len(), CHARS_MAX);
    }
}
