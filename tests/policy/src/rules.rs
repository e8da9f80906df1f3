//! The rules of `docs/rules.md`, and the tests that say which of them they show.

mod marker;

pub use marker::{Marker, markers};

use std::collections::BTreeSet;

/// Where a test runs; see `docs/rules.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ring {
    /// A misuse that must not compile.
    Type,
    /// In memory.
    Unit,
    /// On sockets of this machine.
    Loopback,
    /// The real binary in an emulated environment.
    Process,
    /// Parts that others wrote.
    Real,
    /// The Terraform files.
    Terraform,
}

impl Ring {
    /// All of them, from below.
    pub const ALL: [Self; 6] = [Self::Type, Self::Unit, Self::Loopback, Self::Process, Self::Real, Self::Terraform];

    /// Its name in `docs/rules.md`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Unit => "unit",
            Self::Loopback => "loopback",
            Self::Process => "process",
            Self::Real => "real",
            Self::Terraform => "terraform",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ring| ring.name() == name)
    }
}

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its heading.
    pub id: String,
    /// The rings that must show it; empty for a rule that is not shown yet.
    pub rings: BTreeSet<Ring>,
}

/// The rules of a document: `### ID`, its text, and a line `Shown by: unit, process.`
///
/// # Errors
/// In words, if a ring has an unknown name, or an id stands twice.
pub fn rules(document: &str) -> Result<Vec<Rule>, String> {
    let mut rules: Vec<Rule> = Vec::new();
    for line in document.lines() {
        if let Some(id) = line.strip_prefix("### ") {
            if rules.iter().any(|rule| rule.id == id) {
                return Err(format!("{id} stands twice"));
            }
            rules.push(Rule { id: id.to_owned(), rings: BTreeSet::new() });
        } else if let Some(rings) = line.strip_prefix("Shown by: ") {
            let rule = rules.last_mut().ok_or("rings before the first rule")?;
            for name in rings.trim_end_matches('.').split(", ") {
                rule.rings.insert(Ring::named(name).ok_or_else(|| format!("{}: no ring is named {name}", rule.id))?);
            }
        }
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_an_id_and_rings() {
        let found = rules("# Rules\n\n### FR-001\n\nText.\n\nShown by: unit, real.\n\n### Thaw\n\nText.\n").unwrap();
        let rule = |id: &str, rings: &[Ring]| Rule { id: id.to_owned(), rings: rings.iter().copied().collect() };
        assert_eq!(found, [rule("FR-001", &[Ring::Unit, Ring::Real]), rule("Thaw", &[])]);
        assert!(rules("### A\n\nShown by: luck.\n").is_err());
        assert!(rules("### A\n\n### A\n").is_err());
    }
}
