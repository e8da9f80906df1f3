//! Where lines are written that no log level may suppress: ledger lines, given-up spans.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Writes one line at a time. MUST write it as a whole, and never fail its caller.
pub trait LineSink: Send + Sync {
    /// Writes `line`, which contains no line break, and a line break.
    fn line(&self, line: &str);
}

/// Standard output: on Lambda, the function's log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stdout;

impl LineSink for Stdout {
    fn line(&self, line: &str) {
        let mut whole = String::with_capacity(line.len() + 1);
        whole.push_str(line);
        whole.push('\n');
        let mut out = std::io::stdout().lock();
        // A closed log must not fail a request.
        let _ = out.write_all(whole.as_bytes()).and_then(|()| out.flush());
    }
}

/// Keeps the lines in memory, for tests.
#[derive(Debug, Default)]
pub struct MemoryLines(Mutex<Vec<String>>);

impl MemoryLines {
    /// The lines so far.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LineSink for MemoryLines {
    fn line(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }
}
