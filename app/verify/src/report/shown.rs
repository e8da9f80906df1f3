//! How much of a check's evidence is printed.

/// Evidence of a check that is printed for people and CI servers, in lines; `--json` has all of it.
const EVIDENCE_LINES_MAX: usize = 12;

/// The lines that are printed, and how many are not.
pub(super) fn shown(evidence: &[String]) -> (&[String], usize) {
    let shown = evidence.len().min(EVIDENCE_LINES_MAX);
    (&evidence[..shown], evidence.len() - shown)
}
