//! The report for people: a line a check, and below it what it was founded on.

use super::{Report, shown::shown};
use crate::checks::Verdict;
use std::fmt::Write as _;

pub(super) fn print(report: &Report) -> String {
    let mut text = String::new();
    let function = report.function.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    let _ = writeln!(text, "{}{function}\n", report.target);
    for judged in &report.judged {
        let _ = writeln!(text, "{}  {:<22}  {}", word(judged.finding.verdict), judged.check.id, judged.check.title);
        let (lines, more) = shown(&judged.finding.evidence);
        for line in lines {
            let _ = writeln!(text, "        {line}");
        }
        if more > 0 {
            let _ = writeln!(text, "        and {more} more (--json has all)");
        }
    }
    let counts =
        [Verdict::Pass, Verdict::Fail, Verdict::CouldNotJudge, Verdict::NotApplicable].map(|v| report.count(v));
    let [passed, failed, open, none] = counts;
    let _ = writeln!(
        text,
        "\n{passed} passed, {failed} failed, {open} could not be judged, {none} not applicable ({:.1} s)",
        report.took.as_secs_f64()
    );
    text
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::CouldNotJudge => "  ? ",
        Verdict::NotApplicable => "  - ",
    }
}
