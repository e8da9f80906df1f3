//! A check: its name, what it claims, and how it judges. It knows no other check.

use super::judgement::Finding;
use crate::evidence::Evidence;

/// A check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its name in reports and on the command line.
    pub id: &'static str,
    /// What is true if it passes.
    pub title: &'static str,
    pub(super) judge: fn(&Evidence) -> Finding,
}

impl Check {
    /// Judges the evidence.
    pub fn judge(&self, evidence: &Evidence) -> Finding {
        (self.judge)(evidence)
    }
}

/// A check and its finding.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The check.
    pub check: Check,
    /// The finding.
    pub finding: Finding,
}
