//! What a run collects of a deployment, and says of it.

use crate::{
    invocation::{FUNCTION, Form},
    world::{Behaviour, SECRET, SESSION, TOKEN, World},
};
use sse_verify::{
    FunctionName, Options,
    aws::{PERMISSIONS, policy},
    checks::{Judged, Verdict},
    evidence::Evidence,
    report::Report,
};
use std::{collections::BTreeSet, time::Duration};

fn report(evidence: &Evidence) -> Report {
    Report::new(evidence, Duration::ZERO)
}

fn not_passed(evidence: &Evidence) -> Vec<Judged> {
    let is_well = |verdict| matches!(verdict, Verdict::Pass | Verdict::NotApplicable);
    report(evidence).judged.into_iter().filter(|judged| !is_well(judged.finding.verdict)).collect()
}

fn ids(judged: &[Judged], verdict: Verdict) -> Vec<&'static str> {
    judged.iter().filter(|judged| judged.finding.verdict == verdict).map(|judged| judged.check.id).collect()
}

fn evidence_of(judged: &[Judged], id: &str) -> String {
    judged
        .iter()
        .find(|judged| judged.check.id == id)
        .map(|judged| judged.finding.evidence.join("\n"))
        .unwrap_or_default()
}

fn with_function() -> Options {
    Options { function: Some(FunctionName::parse(FUNCTION)), ..World::options() }
}

#[test]
fn a_healthy_deployment_passes_wherever_its_traces_are() {
    for form in [Form::Invocation, Form::Flat, Form::Spans] {
        let world = World::new(Behaviour { form, ..Behaviour::default() });
        let evidence = world.run(&World::options());
        let bad = not_passed(&evidence);
        assert!(bad.is_empty(), "{form:?}: {bad:#?}");
        assert_eq!(evidence.streams.len(), 7, "three, the one that stays open, resumed, new, configuration");
        assert_eq!(report(&evidence).exit_code(), 0);
    }
}

#[test]
fn one_round_is_judged_by_what_it_was_asked() {
    let world = World::new(Behaviour::default());
    let options = Options { invocations: 1, is_resuming: false, configuration: None, ..World::options() };
    let evidence = world.run(&options);
    let bad = not_passed(&evidence);
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(ids(&report(&evidence).judged, Verdict::NotApplicable), ["cold-start", "resume"]);
}

#[test]
fn managed_instances_are_judged_by_what_they_have() {
    let world = World::new(Behaviour { is_managed: true, ..Behaviour::default() });
    let evidence = world.run(&World::options());
    let bad = not_passed(&evidence);
    assert!(bad.is_empty(), "{bad:#?}");
    let judged = report(&evidence).judged;
    assert_eq!(ids(&judged, Verdict::NotApplicable), ["cold-start", "memory", "reserved-concurrency"]);
    assert!(evidence_of(&judged, "resume").contains("as they may on Managed Instances"), "{judged:#?}");
}

#[test]
fn documents_that_come_late_twice_and_in_pages_are_waited_for() {
    for form in [Form::Invocation, Form::Spans] {
        let world = World::new(Behaviour { form, late_ms: [20_000, 40_000], ..Behaviour::default() });
        world.control.set_page_size(3);
        let bad = not_passed(&world.run(&World::options()));
        assert!(bad.is_empty(), "{form:?}: {bad:#?}");
        // Four rounds of streams of 3 s with a second between them, and 40 s.
        assert!((50..70).contains(&world.seconds()), "{} s", world.seconds());
    }
}

#[test]
fn without_the_log_what_has_not_changed_is_taken_as_all() {
    let world = World::new(Behaviour { late_ms: [20_000, 20_000], ..Behaviour::default() });
    world.control.deny("logs:FilterLogEvents");
    let bad = not_passed(&world.run(&World::options()));
    assert_eq!(ids(&bad, Verdict::Fail), Vec::<&str>::new(), "{bad:#?}");
    assert!(ids(&bad, Verdict::CouldNotJudge).contains(&"ledger"));
    assert!(evidence_of(&bad, "ledger").contains("logs:FilterLogEvents is denied"), "{bad:#?}");
}

#[test]
fn patience_ends() {
    let world = World::new(Behaviour { late_ms: [3_600_000, 3_600_000], ..Behaviour::default() });
    let evidence = world.run(&with_function());
    let bad = not_passed(&evidence);
    assert_eq!(ids(&bad, Verdict::Fail), Vec::<&str>::new(), "{bad:#?}");
    assert!(evidence_of(&bad, "one-trace").contains("in the time that was waited"), "{bad:#?}");
    assert_eq!(report(&evidence).exit_code(), 3);
    assert!((185..210).contains(&world.seconds()), "{} s", world.seconds());
}

#[test]
fn transaction_search_is_read_from_its_log_group_where_retrieval_is_denied() {
    let world = World::new(Behaviour { form: Form::Spans, ..Behaviour::default() });
    world.control.deny("xray:StartTraceRetrieval");
    let bad = not_passed(&world.run(&World::options()));
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn a_destination_that_may_not_be_asked_is_tried_out() {
    for form in [Form::Invocation, Form::Spans] {
        let world = World::new(Behaviour { form, ..Behaviour::default() });
        world.control.deny("xray:GetTraceSegmentDestination");
        let bad = not_passed(&world.run(&World::options()));
        assert!(bad.is_empty(), "{form:?}: {bad:#?}");
    }
}

#[test]
fn a_url_that_asks_for_signatures_gets_them() {
    let world = World::new(Behaviour { is_signed: true, ..Behaviour::default() });
    let bad = not_passed(&world.run(&World::options()));
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn at_a_wrong_url_the_configuration_is_judged_all_the_same() {
    let world = World::new(Behaviour::default());
    let url = "https://typo.lambda-url.eu-central-1.on.aws".to_owned();
    let evidence = world.run(&Options { url, ..with_function() });
    let bad = not_passed(&evidence);
    assert!(evidence_of(&bad, "streams-open").contains("no such host"), "{bad:#?}");
    assert!(evidence_of(&bad, "url-permissions").contains("has the URL typo"), "{bad:#?}");
    let judged: Vec<_> = bad.iter().map(|judged| judged.check.id).collect();
    assert!(
        ["no-wrapper", "sampler", "service-names"].iter().all(|id| *id == "service-names" || !judged.contains(id)),
        "{judged:?}"
    );
    assert!(world.seconds() < 10, "there is nothing to wait for");
    let prefixed = Options { url: format!("{}/staging", World::options().url), ..with_function() };
    let bad = not_passed(&World::new(Behaviour::default()).run(&prefixed));
    assert!(evidence_of(&bad, "streams-open").contains("404, not this service's URL"), "{bad:#?}");
}

#[test]
fn one_denied_api_leaves_one_check_open() {
    for (action, check) in [
        ("lambda:GetPolicy", "url-permissions"),
        ("lambda:GetFunctionConcurrency", "reserved-concurrency"),
        ("cloudwatch:DescribeAlarms", "alarms"),
    ] {
        let world = World::new(Behaviour::default());
        world.control.deny(action);
        let bad = not_passed(&world.run(&World::options()));
        assert_eq!(ids(&bad, Verdict::CouldNotJudge), [check], "{bad:#?}");
        assert!(evidence_of(&bad, check).contains(&format!("{action} is denied")), "{bad:#?}");
        assert_eq!(ids(&bad, Verdict::Fail), Vec::<&str>::new());
    }
}

#[test]
fn a_function_of_another_region_is_said_to_be_one() {
    let world = World::new(Behaviour::default());
    let bad = not_passed(&world.run(&Options { region: "us-east-1".into(), ..with_function() }));
    assert!(evidence_of(&bad, "no-wrapper").contains("not found in us-east-1 (another region"), "{bad:#?}");
    let open = ids(&bad, Verdict::CouldNotJudge);
    assert!(!open.contains(&"streams-open") && !open.contains(&"first-event"), "streams are judged: {open:?}");
}

#[test]
fn expired_credentials_are_named_and_streams_judged() {
    let world = World::new(Behaviour::default());
    world.control.expire_credentials();
    let evidence = world.run(&with_function());
    let bad = not_passed(&evidence);
    assert!(evidence_of(&bad, "memory").contains("expired or invalid, sign in again"), "{bad:#?}");
    assert_eq!(ids(&bad, Verdict::Fail), Vec::<&str>::new());
    assert_eq!(report(&evidence).exit_code(), 3);
}

#[test]
fn an_expired_token_fails_its_stream_and_is_never_printed() {
    let world = World::new(Behaviour { is_token_expired: true, ..Behaviour::default() });
    let evidence = world.run(&World::options());
    let bad = not_passed(&evidence);
    assert_eq!(ids(&bad, Verdict::Fail), ["streams-open"], "{bad:#?}");
    assert!(evidence_of(&bad, "streams-open").contains("401, the token was refused"), "{bad:#?}");
    let report = report(&evidence);
    let printed = [
        report.human(),
        report.json().to_string(),
        report.junit(),
        report.emf("N", "prod", Duration::ZERO),
        format!("{evidence:?}"),
    ];
    for text in printed {
        for secret in [TOKEN, SECRET, SESSION, "a-secret-of-the-function", "AKID"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn the_policy_names_the_calls_that_are_made_and_no_others() {
    let mut called = BTreeSet::new();
    for form in [Form::Invocation, Form::Spans] {
        let world = World::new(Behaviour { form, ..Behaviour::default() });
        world.run(&World::options());
        called.extend(world.control.actions());
    }
    let named: BTreeSet<_> = PERMISSIONS.iter().map(|permission| permission.action.to_owned()).collect();
    assert_eq!(named, called);
    let printed = policy("f").to_string();
    assert!(named.iter().all(|action| printed.contains(action.as_str())), "{printed}");
    assert!(printed.contains("function:f:*") && printed.contains("log-group:/aws/lambda/f:*"), "{printed}");
}
