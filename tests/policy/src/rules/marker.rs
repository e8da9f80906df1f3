//! `Rule: FR-055.` in a comment: above a test, or at the top of a file whose tests all show it.

use super::Ring;

/// One rule at one test, or at a file of tests.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marker {
    /// The rule.
    pub rule: String,
    /// The file.
    pub file: String,
    /// The test, if it is one of a file; nothing if the whole file shows the rule.
    pub test: Option<String>,
}

impl Marker {
    /// The ring that its file belongs to; nothing for a file that holds no tests.
    pub fn ring(&self) -> Option<Ring> {
        const PLACES: [(&str, Ring); 17] = [
            ("tests/compile_fail/", Ring::Type),
            ("tests/tests/lambda_loop/", Ring::Loopback),
            ("tests/tests/process/", Ring::Process),
            ("tests/tests/dynamodb.rs", Ring::Real),
            ("tests/real/", Ring::Real),
            ("tests/tests/", Ring::Unit),
            ("tests/interleavings/", Ring::Unit),
            ("tests/policy/tests/policy/absences.rs", Ring::Unit),
            ("tests/policy/tests/policy/circles.rs", Ring::Unit),
            ("tests/policy/tests/policy/crates.rs", Ring::Unit),
            ("tests/policy/tests/policy/", Ring::Terraform),
            ("terraform/", Ring::Terraform),
            ("tests/lambda-env/tests/", Ring::Loopback),
            ("core/", Ring::Unit),
            ("adapters/", Ring::Unit),
            ("app/lambda/tests/", Ring::Loopback),
            ("app/", Ring::Unit),
        ];
        PLACES.iter().find(|(place, _)| self.file.starts_with(place)).map(|(_, ring)| *ring)
    }

    /// How a reader finds it: the file, and the test in it.
    pub fn name(&self) -> String {
        self.test.as_ref().map_or_else(|| self.file.clone(), |test| format!("{} {test}", self.file))
    }
}

/// The markers of a file.
///
/// # Errors
/// In words, if a marker stands above something that is no test, or has no end.
pub fn markers(file: &str, text: &str) -> Result<Vec<Marker>, String> {
    let mut found = Vec::new();
    // Rules of the comment above the item that is being read, and whether an attribute has said that it is a test.
    let mut pending: Vec<String> = Vec::new();
    let mut is_test = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let comment =
            ["//!", "///", "//", "#!", "# "].into_iter().find_map(|mark| Some((mark, line.strip_prefix(mark)?)));
        match comment {
            Some(("#!", attribute)) if attribute.starts_with('[') => {}
            Some((mark, comment)) => {
                let rules = rules_in(comment).map_err(|e| format!("{file}:{}: {e}", number + 1))?;
                let is_of_file = mark == "//!" || file.starts_with("tests/compile_fail/") || !holds_tests_by_name(file);
                if is_of_file {
                    found.extend(rules.into_iter().map(|rule| Marker { rule, file: file.to_owned(), test: None }));
                } else {
                    pending.extend(rules);
                }
            }
            None if pending.is_empty() => {}
            None if line.starts_with("#[") => is_test |= line.contains("test]") || line.contains("::test("),
            None => {
                let name = test_name(line).filter(|_| is_test || line.starts_with("run "));
                let name =
                    name.ok_or_else(|| format!("{file}:{}: a rule is named above what is no test", number + 1))?;
                found.extend(pending.drain(..).map(|rule| Marker {
                    rule,
                    file: file.to_owned(),
                    test: Some(name.clone()),
                }));
                is_test = false;
            }
        }
    }
    if pending.is_empty() { Ok(found) } else { Err(format!("{file}: a rule is named above nothing")) }
}

fn holds_tests_by_name(file: &str) -> bool {
    [".rs", ".hcl"].iter().any(|ending| file.ends_with(ending))
}

fn rules_in(comment: &str) -> Result<Vec<String>, String> {
    let begins = comment.match_indices("Rule: ").map(|(at, mark)| &comment[at + mark.len()..]);
    begins
        .map(|rest| {
            rest.split_once('.')
                .map(|(rule, _)| rule.to_owned())
                .ok_or_else(|| "a rule ends with a full stop".to_owned())
        })
        .collect()
}

/// `fn name(` of Rust, `run "name"` of Terraform.
fn test_name(line: &str) -> Option<String> {
    let rest = line.strip_prefix("run \"").or_else(|| line.split_once("fn ").map(|(_, rest)| rest))?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    Some(rest[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> Result<Vec<(String, Option<String>)>, String> {
        Ok(markers(file, text)?.into_iter().map(|marker| (marker.rule, marker.test)).collect())
    }

    #[test]
    fn it_stands_above_a_test_or_at_the_top_of_a_file() {
        let text = "//! Tests. Rule: Ledger.\n\n/// Rule: FR-001. Rule: FR-027.\n#[tokio::test]\nasync fn spans() {}\n";
        let name = Some("spans".to_owned());
        let expected = [("Ledger".to_owned(), None), ("FR-001".to_owned(), name.clone()), ("FR-027".to_owned(), name)];
        assert_eq!(found("core/src/a.rs", text).unwrap(), expected);
        let terraform = "# Rule: FR-046.\nrun \"an_exec_wrapper\" {\n";
        assert_eq!(
            found("terraform/a.tftest.hcl", terraform).unwrap(),
            [("FR-046".to_owned(), Some("an_exec_wrapper".to_owned()))]
        );
        let part = "# What it judges. Rule: X-Ray's word.\ncargo test\n";
        assert_eq!(found("tests/real/parts/a", part).unwrap(), [("X-Ray's word".to_owned(), None)]);
    }

    #[test]
    fn what_is_no_test_shows_nothing() {
        assert!(found("core/src/a.rs", "/// Rule: FR-001.\nfn helper() {}\n").is_err());
        assert!(found("core/src/a.rs", "/// Rule: FR-001\n#[test]\nfn a() {}\n").is_err());
        assert!(found("core/src/a.rs", "/// Rule: FR-001.\n").is_err());
    }
}
