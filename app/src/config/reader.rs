//! Reads variables one by one and collects every problem instead of stopping at the first. An invalid value counts as
//! the default from then on, so that one mistake is reported once.

use super::{
    errors::ConfigErrors,
    variable::{Form, Variable},
};
use std::time::Duration;

pub(super) struct Reader<'e> {
    environment: &'e dyn Fn(&str) -> Option<String>,
    pub(super) errors: ConfigErrors,
}

impl<'e> Reader<'e> {
    pub(super) fn new(environment: &'e dyn Fn(&str) -> Option<String>) -> Self {
        Self { environment, errors: ConfigErrors::default() }
    }

    /// The text as set. A variable that is set to the empty text counts as not set, as with OpenTelemetry and the AWS
    /// SDKs.
    pub(super) fn text(&self, variable: &Variable) -> Option<String> {
        self.named(variable.name)
    }

    /// The same by name, for variables that are only looked at.
    pub(super) fn named(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|text| !text.trim().is_empty())
    }

    /// The text as set, white space included.
    pub(super) fn raw(&self, variable: &Variable) -> Option<String> {
        (self.environment)(variable.name)
    }

    pub(super) fn text_or_default(&self, variable: &Variable) -> String {
        self.text(variable).unwrap_or_else(|| variable.default().into_owned())
    }

    pub(super) fn number(&mut self, variable: &Variable) -> u64 {
        let Form::Number { default, .. } = variable.form else {
            // A mistake in our own table, found by the first test that reads it.
            self.errors.note(variable, "is not a number by its own definition");
            return 0;
        };
        self.number_or(variable, default)
    }

    /// A number of milliseconds.
    pub(super) fn millis(&mut self, variable: &Variable) -> Duration {
        Duration::from_millis(self.number(variable))
    }

    /// A number whose default is known only here.
    pub(super) fn number_or(&mut self, variable: &Variable, default: u64) -> u64 {
        let (min, max, or_zero) = match variable.form {
            Form::Number { min, max, or_zero, .. } => (min, max, or_zero),
            Form::NumberByPlace { min, max, .. } => (min, max, false),
            Form::Choice { .. } | Form::Text { .. } => return default,
        };
        let Some(text) = self.text(variable) else {
            return default;
        };
        let fits = |n: &u64| (min..=max).contains(n) || (or_zero && *n == 0);
        // `u64::from_str` would take a sign.
        let digits = Some(text.trim()).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        digits.and_then(|d| d.parse().ok()).filter(fits).unwrap_or_else(|| {
            self.errors.note(variable, format!("is {text:?}, not a whole number in {}", variable.range()));
            default
        })
    }

    /// One of the words, if the variable is set and valid.
    pub(super) fn choice(&mut self, variable: &Variable) -> Option<&'static str> {
        let text = self.text(variable)?;
        let Form::Choice { of, .. } = variable.form else {
            self.errors.note(variable, "has no words by its own definition");
            return None;
        };
        let word = of.iter().find(|word| word.eq_ignore_ascii_case(text.trim()));
        if word.is_none() {
            self.errors.note(variable, format!("is {text:?}, not one of: {}", variable.range()));
        }
        word.copied()
    }
}

/// The entries of a list between commas that are not empty, each with its number, which is said of a bad one in place of the entry
/// itself: it may be a key.
pub(super) fn entries(list: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(list.split(',').map(str::trim)).filter(|(_, entry)| !entry.is_empty())
}
