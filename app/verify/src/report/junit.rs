//! The report for CI servers, in Jenkins' form, which GitLab reads too: a test case a check, by its id. It has no word for
//! "could not judge", so such a check is skipped, with the reason; the exit code tells it from one that does not apply.

use super::{Report, shown::shown};
use crate::checks::{Judged, Verdict};
use std::fmt::Write as _;

const SUITE: &str = "sse-streaming verify";

pub(super) fn print(report: &Report) -> String {
    let skipped = report.count(Verdict::CouldNotJudge) + report.count(Verdict::NotApplicable);
    let counts = format!(
        r#"tests="{}" failures="{}" errors="0" skipped="{skipped}" time="{:.3}""#,
        report.judged.len(),
        report.count(Verdict::Fail),
        report.took.as_secs_f64()
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, r#"<testsuites name="{SUITE}" {counts}>"#);
    let _ = writeln!(xml, r#"  <testsuite name="{SUITE}" {counts}>"#);
    for judged in &report.judged {
        case(&mut xml, judged);
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, judged: &Judged) {
    let (lines, more) = shown(&judged.finding.evidence);
    let first = escape(lines.first().map_or("", String::as_str));
    let mut all = escape(&lines.join("\n"));
    if more > 0 {
        let _ = write!(all, "\nand {more} more");
    }
    let _ = writeln!(xml, r#"    <testcase classname="verify" name="{}" time="0">"#, judged.check.id);
    let _ = match judged.finding.verdict {
        Verdict::Pass => writeln!(xml, "      <system-out>{all}</system-out>"),
        Verdict::Fail => writeln!(xml, r#"      <failure message="{first}" type="fail">{all}</failure>"#),
        verdict => writeln!(xml, r#"      <skipped message="{}: {first}"/>"#, verdict.as_str()),
    };
    xml.push_str("    </testcase>\n");
}

/// XML 1.0 cannot say most control characters at all.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
