//! One environment variable as a value: its name, its permitted values, and its purpose. Help, README and the checks of
//! other files that name variables use the same value as the parser, so they cannot differ.

use std::borrow::Cow;

/// The permitted values of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole number within these bounds.
    Number {
        /// The default.
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
        /// The default, in words.
        default: &'static str,
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// One of these words.
    Choice {
        /// The default, in words.
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
    /// The permitted values.
    pub form: Form,
    /// The purpose, in one line.
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

    /// The default, in words; `-` if there is none.
    pub fn default(&self) -> Cow<'static, str> {
        match self.form {
            Form::Number { default, .. } => default.to_string().into(),
            Form::NumberByPlace { default, .. } => default.into(),
            Form::Choice { default, .. } | Form::Text { default, .. } if !default.is_empty() => default.into(),
            Form::Choice { .. } | Form::Text { .. } => "-".into(),
        }
    }

    /// The permitted values, in words; empty if the text is free.
    pub fn range(&self) -> Cow<'static, str> {
        match self.form {
            Form::Number { min, max, or_zero: true, .. } => format!("0, {min}..{max}").into(),
            Form::Number { min, max, .. } | Form::NumberByPlace { min, max, .. } => format!("{min}..{max}").into(),
            Form::Choice { of, .. } => of.join(", ").into(),
            Form::Text { form, .. } => form.into(),
        }
    }
}
