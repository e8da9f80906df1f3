//! Everything that is wrong with a configuration, by name, in one error (FR-018).

use super::Variable;
use std::fmt;

/// All problems at once; the start fails if there is any.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(Vec<String>);

impl ConfigErrors {
    /// Adds a problem, under the variable's name. `what` continues the sentence: "is …", "must not …". It never
    /// contains a secret's value.
    pub fn note(&mut self, variable: &Variable, what: impl fmt::Display) {
        self.note_by_name(variable.name, what);
    }

    /// The same by name.
    pub fn note_by_name(&mut self, name: &str, what: impl fmt::Display) {
        self.0.push(format!("{name} {what}"));
    }

    /// The value, if there is no problem.
    ///
    /// # Errors
    /// The problems, if there are any.
    pub fn none_or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad configuration: {}", self.0.join("; "))
    }
}
