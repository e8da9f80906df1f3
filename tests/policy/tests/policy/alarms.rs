//! What watches the service: alarms and the dashboard read metrics that the code writes, and each alarm has its section in the runbook.

use crate::{module, sources};
use sse_policy::files;
use sse_policy::terraform::{Module, entries, object, written};
use std::collections::{BTreeMap, BTreeSet};

/// The alarms of a module, by their keys: the objects in locals that are named `…_alarms`.
fn of(module: &Module) -> BTreeMap<String, BTreeMap<String, String>> {
    let tables = module.locals().filter(|(name, _)| name.ends_with("_alarms"));
    let alarms = tables.flat_map(|(_, table)| entries(table).unwrap_or_default());
    alarms.map(|(key, alarm)| (key, object(alarm).unwrap())).collect()
}

fn is_written(metric: &str) -> bool {
    let code = ["core", "adapters", "app"].into_iter().flat_map(sources);
    code.into_iter().any(|(_, source)| source.contains(&format!("\"{metric}\"")))
}

#[test]
fn alarms_watch_metrics_that_the_code_writes() {
    let alarms = of(&module());
    assert!(alarms.len() >= 11, "{:?}", alarms.keys());
    for key in ["spans-not-delivered", "poll-failures", "data-age"] {
        let alarm = &alarms[key];
        assert!(is_written(&alarm["metric"]), "nothing writes {}", alarm["metric"]);
        assert!(alarm["dimensions"].contains("Environment"), "{}", alarm["dimensions"]);
    }
}

#[test]
fn the_dashboard_shows_metrics_that_the_code_writes() {
    let dashboard = files::read("terraform/module/dashboard.tf").unwrap();
    let all = ["ConnectionAcquireFailures", "VerifyFirstEventMs", "EventLatencyMs", "PollDurationMs"];
    for metric in all.into_iter().chain(["PollFailures", "ItemsSkipped", "DataAgeMs", "SpansNotDelivered"]) {
        assert!(dashboard.contains(&format!("\"{metric}\"")), "{metric} is not shown");
        assert!(is_written(metric), "nothing writes {metric}");
    }
}

/// Terraform would delete an alarm whose new place has another key, right after it made one of the same name.
#[test]
fn alarms_of_earlier_versions_are_moved_to_keys_that_there_are() {
    let moved = files::read("terraform/module/moved.tf").unwrap();
    let keys: Vec<&str> = moved.split("this[\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(keys.len(), 10);
    let alarms = of(&module());
    for key in keys {
        assert!(alarms.contains_key(key), "{key} is no alarm");
        let earlier = format!("aws_cloudwatch_metric_alarm.{}[0]", key.replace('-', "_"));
        assert!(moved.contains(&earlier), "nothing moves to {key}");
    }
}

#[test]
fn the_memory_alarm_is_the_limit_of_the_rules() {
    assert_eq!(written(module().local("memory_alarm_mb").unwrap()), "450");
}

/// All alarms of all folders: the keys of the module's tables, and any that is a resource of its own.
fn everywhere() -> BTreeSet<String> {
    let files = files::below("terraform", ".tf").unwrap();
    assert!(files.len() > 20, "{}", files.len());
    let mut keys = BTreeSet::new();
    for (path, text) in files {
        let module = Module::parse(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        keys.extend(of(&module).into_keys());
        let alone = module.resources("aws_cloudwatch_metric_alarm").into_iter().filter(|name| *name != "this");
        keys.extend(alone.map(|name| name.replace('_', "-")));
    }
    keys
}

#[test]
fn each_alarm_has_a_section_in_the_runbook() {
    let runbook = files::read("docs/runbook.md").unwrap();
    let (_, sections) = runbook.split_once("# The alarms\n").unwrap();
    let sections: BTreeMap<&str, &str> =
        sections.split("\n## ").skip(1).filter_map(|section| section.split_once('\n')).collect();
    let expected = everywhere();
    assert_eq!(sections.keys().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>(), expected);
    for (key, section) in sections {
        for part in ["**Means.**", "**Look at.**", "**Do.**"] {
            assert!(section.contains(part), "{key} does not say {part}");
        }
    }
}
