//! The report for programs. Its form is documented in docs/verify.md and stays; `version` changes with it.

use super::Report;
use crate::checks::Verdict;
use serde_json::{Value, json};

/// Of the form below. New members may come without a new version.
const VERSION: u32 = 1;

pub(super) fn print(report: &Report) -> Value {
    let checks: Vec<_> = report
        .judged
        .iter()
        .map(|judged| {
            json!({
                "id": judged.check.id,
                "title": judged.check.title,
                "verdict": judged.finding.verdict.as_str(),
                "evidence": judged.finding.evidence,
            })
        })
        .collect();
    let millis = report.first_event.map(
        |wait| json!({"min": wait.min.as_millis(), "median": wait.median.as_millis(), "max": wait.max.as_millis()}),
    );
    json!({
        "version": VERSION,
        "url": report.target,
        "function": report.function,
        "exit_code": report.exit_code(),
        "counts": {
            "pass": report.count(Verdict::Pass),
            "fail": report.count(Verdict::Fail),
            "could_not_judge": report.count(Verdict::CouldNotJudge),
            "not_applicable": report.count(Verdict::NotApplicable),
        },
        "checks": checks,
        "traces": report.traces,
        "first_event_ms": millis,
        "took_ms": report.took.as_millis(),
    })
}
