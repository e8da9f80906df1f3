//! The report of a run: for people, for programs (`--json`), for a CI server (`--junit`), for CloudWatch (`--canary`).

mod emf;
mod human;
mod json;
mod junit;
mod shown;
mod verdicts;

pub use verdicts::{FirstEvent, Report};

use std::time::Duration;

impl Report {
    /// For people.
    pub fn human(&self) -> String {
        human::print(self)
    }

    /// For programs: see docs/verify.md.
    pub fn json(&self) -> serde_json::Value {
        json::print(self)
    }

    /// For CI servers: `JUnit` XML, one suite.
    pub fn junit(&self) -> String {
        junit::print(self)
    }

    /// For CloudWatch: one line in the embedded metric format.
    pub fn emf(&self, namespace: &str, environment: &str, unix: Duration) -> String {
        emf::print(self, namespace, environment, unix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::{ALL, Finding, Judged, Verdict},
        evidence::Unread,
    };

    fn report(verdicts: &[Verdict]) -> Report {
        let judged = verdicts.iter().zip(ALL).map(|(verdict, check)| {
            let evidence = vec!["a & b < \"c\" \u{1}".to_owned()];
            Judged { check, finding: Finding { verdict: *verdict, evidence } }
        });
        Report {
            target: "https://x".into(),
            function: Some("f".into()),
            judged: judged.collect(),
            traces: vec!["1-6b02a100-0123456789abcdef01234567".into()],
            first_event: Some(FirstEvent {
                min: Duration::from_millis(1),
                median: Duration::from_millis(2),
                max: Duration::from_millis(3),
            }),
            took: Duration::from_millis(1500),
        }
    }

    #[test]
    fn the_exit_code_is_that_of_the_worst_verdict() {
        use Verdict::{CouldNotJudge, Fail, NotApplicable, Pass};
        for (verdicts, code) in
            [(&[Pass, NotApplicable][..], 0), (&[Pass, CouldNotJudge], 3), (&[CouldNotJudge, Fail, Pass], 1), (&[], 0)]
        {
            assert_eq!(report(verdicts).exit_code(), code, "{verdicts:?}");
        }
    }

    #[test]
    fn junit_says_each_verdict_once_and_escapes() {
        use Verdict::{CouldNotJudge, Fail, NotApplicable, Pass};
        let xml = report(&[Pass, Fail, CouldNotJudge, NotApplicable]).junit();
        assert!(xml.contains(r#"tests="4" failures="1" errors="0" skipped="2""#), "{xml}");
        assert_eq!((xml.matches("<testcase ").count(), xml.matches("<failure ").count()), (4, 1));
        assert_eq!(xml.matches("<skipped ").count(), 2);
        assert!(xml.contains("a &amp; b &lt; &quot;c&quot; ") && !xml.contains('\u{1}'), "{xml}");
    }

    #[test]
    fn the_embedded_metrics_are_one_line_of_json() {
        use Verdict::{CouldNotJudge, Fail};
        let line = report(&[Fail, CouldNotJudge]).emf("N", "prod", Duration::from_secs(1_000));
        let json: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!((&json["VerifyFailed"], &json["VerifyNotJudged"]), (&1.into(), &1.into()));
        assert_eq!(json["_aws"]["Timestamp"], 1_000_000);
        assert_eq!((&json["timestamp"], &json["level"]), (&"1970-01-01T00:16:40.000Z".into(), &"ERROR".into()));
        let defined = json["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        assert!(defined.iter().all(|metric| json[metric["Name"].as_str().unwrap()].is_number()), "{line}");
    }

    #[test]
    fn people_are_told_the_evidence_of_what_is_not_well() {
        use Verdict::{Fail, Pass};
        let text = report(&[Pass, Fail]).human();
        assert!(text.contains("FAIL  spans-present") && text.contains("a & b"), "{text}");
        assert!(text.ends_with("1 passed, 1 failed, 0 could not be judged, 0 not applicable (1.5 s)\n"), "{text}");
        assert_eq!(Unread("x".into()).to_string(), "x");
    }
}
