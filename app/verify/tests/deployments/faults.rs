//! Each fault that a deployment can have, planted into what a healthy one leaves in the form in which AWS hands it out, and the
//! checks that fail on it. Rule: Verified. The table in docs/verify.md is written from this: `UPDATE_VERIFY=1 cargo test -p sse-verify` does.

use crate::{deployment::Deployment, invocation::Form, planted::FAULTS};
use sse_verify::{
    checks::{ALL, Verdict, judge},
    evidence::Evidence,
};
use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

const BEGIN: &str = "<!-- faults: kept by a test; UPDATE_VERIFY=1 cargo test -p sse-verify rewrites it -->\n";
const END: &str = "<!-- /faults -->";

fn with(evidence: &Evidence, verdict: Verdict) -> Vec<&'static str> {
    judge(evidence).iter().filter(|judged| judged.finding.verdict == verdict).map(|judged| judged.check.id).collect()
}

#[test]
fn a_healthy_deployment_passes_in_every_form() {
    for form in [Form::Invocation, Form::Flat, Form::Spans] {
        let evidence = Deployment::healthy(form).evidence();
        let bad: Vec<_> =
            judge(&evidence).into_iter().filter(|judged| judged.finding.verdict != Verdict::Pass).collect();
        assert!(bad.is_empty(), "{form:?}: {bad:#?}");
    }
}

#[test]
fn each_fault_fails_its_check_in_every_form_and_each_check_has_a_fault() {
    let mut seen = BTreeSet::new();
    for form in [Form::Invocation, Form::Flat] {
        for fault in FAULTS {
            let mut deployment = Deployment::healthy(form);
            (fault.plant)(&mut deployment);
            let failed = with(&deployment.evidence(), Verdict::Fail);
            assert!(failed.contains(&fault.check), "{form:?}: {} fails only {failed:?}", fault.name);
            seen.insert(fault.check);
        }
    }
    let without: Vec<_> = ALL.iter().map(|check| check.id).filter(|id| !seen.contains(id)).collect();
    assert_eq!(without, Vec::<&str>::new(), "no fault was planted for these");
}

#[test]
fn the_table_in_the_docs_is_what_the_checks_say() {
    let mut table = String::from("| fault | fails | cannot be judged |\n|---|---|---|\n");
    for fault in FAULTS {
        let mut deployment = Deployment::healthy(Form::Invocation);
        (fault.plant)(&mut deployment);
        let evidence = deployment.evidence();
        let [failed, open] = [Verdict::Fail, Verdict::CouldNotJudge].map(|verdict| with(&evidence, verdict).join(", "));
        let _ = writeln!(table, "| {} | {failed} | {open} |", fault.name);
    }
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the page says where the table begins");
    let (written, after) = rest.split_once(END).expect("the page says where the table ends");
    if std::env::var_os("UPDATE_VERIFY").is_some() {
        fs::write(&page, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(written, table, "docs/verify.md is not what the checks say: UPDATE_VERIFY=1 writes it anew");
    }
    let undocumented: Vec<_> =
        ALL.iter().map(|check| check.id).filter(|id| !before.contains(&format!("| `{id}` |"))).collect();
    assert_eq!(undocumented, Vec::<&str>::new(), "the guide in docs/verify.md does not say what these mean");
}

#[test]
fn what_could_not_be_read_is_not_judged_and_the_rest_is() {
    let mut evidence = Deployment::healthy(Form::Invocation).evidence();
    evidence.policy = Err(sse_verify::evidence::Unread("lambda:GetPolicy: AccessDeniedException".into()));
    assert_eq!(with(&evidence, Verdict::CouldNotJudge), ["url-permissions"]);
    assert_eq!(with(&evidence, Verdict::Fail), Vec::<&str>::new());
    evidence.log = Err(sse_verify::evidence::Unread("logs:FilterLogEvents: AccessDeniedException".into()));
    let open = with(&evidence, Verdict::CouldNotJudge);
    assert!(["ledger", "memory", "log-lines", "warm-isolation"].iter().all(|id| open.contains(id)), "{open:?}");
    assert_eq!(with(&evidence, Verdict::Fail), Vec::<&str>::new());
}

#[test]
fn managed_instances_have_neither_memory_nor_reservation_to_judge() {
    let mut evidence = Deployment::healthy(Form::Flat).evidence();
    evidence.function.as_mut().unwrap().is_managed_instances = true;
    assert_eq!(with(&evidence, Verdict::NotApplicable), ["memory", "reserved-concurrency"]);
}
