//! The report for CloudWatch: one line in the embedded metric format. A canary that falls silent leaves no line, so an alarm
//! on `VerifyFailed` treats missing data as breaching.

use super::Report;
use crate::checks::Verdict;
use lambda_trace::{Timestamp, whole_millis};
use serde_json::{Map, Value, json};
use std::time::Duration;

pub(super) fn print(report: &Report, namespace: &str, environment: &str, unix: Duration) -> String {
    let mut values = vec![
        ("VerifyPassed", "Count", json!(report.count(Verdict::Pass))),
        ("VerifyFailed", "Count", json!(report.count(Verdict::Fail))),
        ("VerifyNotJudged", "Count", json!(report.count(Verdict::CouldNotJudge))),
    ];
    if let Some(wait) = report.first_event {
        values.push(("VerifyFirstEventMs", "Milliseconds", json!(whole_millis(wait.max))));
    }
    let metrics: Vec<_> = values.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let of = |verdict| -> Vec<_> {
        report.judged.iter().filter(|judged| judged.finding.verdict == verdict).map(|judged| judged.check.id).collect()
    };
    let mut line = Map::new();
    // By these two platforms date and filter lines.
    line.insert("timestamp".into(), Timestamp::from_millis(whole_millis(unix)).to_string().into());
    line.insert("level".into(), if report.count(Verdict::Fail) > 0 { "ERROR" } else { "INFO" }.into());
    let directive = json!({"Namespace": namespace, "Dimensions": [["Environment"]], "Metrics": metrics});
    line.insert("_aws".into(), json!({"Timestamp": whole_millis(unix), "CloudWatchMetrics": [directive]}));
    line.insert("Environment".into(), environment.into());
    line.insert("message".into(), "verify".into());
    line.insert("url".into(), report.target.clone().into());
    line.insert("failed".into(), json!(of(Verdict::Fail)));
    line.insert("not_judged".into(), json!(of(Verdict::CouldNotJudge)));
    line.extend(values.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
    Value::Object(line).to_string()
}
