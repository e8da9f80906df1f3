//! Colours of a terminal, or none.

use std::io::IsTerminal as _;

/// Whether colours are used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette(bool);

impl Palette {
    /// Colours where standard output is a terminal that wants them.
    pub(super) fn detect(is_off: bool) -> Self {
        let is_unwanted = is_off || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(!is_unwanted && std::io::stdout().is_terminal())
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(super) fn odd(self, text: &str) -> String {
        self.with("33", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
