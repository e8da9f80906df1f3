//! Telling somebody how a run goes.

/// MUST NOT write to standard output: that is for the report.
pub trait Progress: Send + Sync {
    /// What is being done or waited for now; it replaces what was said before.
    fn say(&self, text: &str);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn say(&self, _: &str) {}
}
