//! One environment variable as a value: its name, what it may be, and what it is for. Help, README and the checks of
//! other files that name variables come from the same value as the parsing, so they cannot drift apart.

use std::borrow::Cow;

/// What a variable may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole number within these bounds.
    Number {
        /// Without the variable.
        default: u64,
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
        /// Whether 0 is allowed beside the bounds.
        or_zero: bool,
    },
    /// A whole number within these bounds, whose default depends on where the program runs.
    NumberByPlace {
        /// Without the variable, in words.
        default: &'static str,
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// One of these words.
    Choice {
        /// Without the variable, in words.
        default: &'static str,
        /// The words.
        of: &'static [&'static str],
    },
    /// Any text of a form said here; empty: free.
    Text {
        /// Without the variable; empty: none.
        default: &'static str,
        /// What it has to look like.
        form: &'static str,
    },
}

/// A variable that the program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub form: Form,
    /// What it is for, in one line.
    pub help: &'static str,
}

impl Variable {
    /// A number from `min` to `max`.
    pub(super) const fn number(name: &'static str, default: u64, min: u64, max: u64, help: &'static str) -> Self {
        let form = Form::Number { default, min, max, or_zero: false };
        Self { name, form, help }
    }

    /// A number from `min` to `max`, or 0, which is the default.
    pub(super) const fn number_or_zero(name: &'static str, min: u64, max: u64, help: &'static str) -> Self {
        let form = Form::Number { default: 0, min, max, or_zero: true };
        Self { name, form, help }
    }

    /// A number from `min` to `max`; `default` says in words what it is without the variable.
    pub(super) const fn number_by_place(
        name: &'static str,
        default: &'static str,
        min: u64,
        max: u64,
        help: &'static str,
    ) -> Self {
        Self { name, form: Form::NumberByPlace { default, min, max }, help }
    }

    /// One of several words.
    pub(super) const fn choice(
        name: &'static str,
        default: &'static str,
        of: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        let form = Form::Choice { default, of };
        Self { name, form, help }
    }

    /// A text.
    pub(super) const fn text(
        name: &'static str,
        default: &'static str,
        form: &'static str,
        help: &'static str,
    ) -> Self {
        let form = Form::Text { default, form };
        Self { name, form, help }
    }

    /// What holds without the variable, in words; `-` for nothing.
    pub fn default(&self) -> Cow<'static, str> {
        match self.form {
            Form::Number { default, .. } => default.to_string().into(),
            Form::NumberByPlace { default, .. } => default.into(),
            Form::Choice { default, .. } | Form::Text { default, .. } if !default.is_empty() => default.into(),
            Form::Choice { .. } | Form::Text { .. } => "-".into(),
        }
    }

    /// What it may be, in words; empty where that is free.
    pub fn range(&self) -> Cow<'static, str> {
        match self.form {
            Form::Number { min, max, or_zero: true, .. } => format!("0, {min}..{max}").into(),
            Form::Number { min, max, .. } | Form::NumberByPlace { min, max, .. } => format!("{min}..{max}").into(),
            Form::Choice { of, .. } => of.join(", ").into(),
            Form::Text { form, .. } => form.into(),
        }
    }
}
