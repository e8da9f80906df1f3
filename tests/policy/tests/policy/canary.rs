//! The canary may do what `verify --print-policy` says that a run needs, and is told flags that `verify` has.

use crate::{module, sources};
use clap::CommandFactory;
use sse_policy::files;
use sse_policy::terraform::{attribute, list, nested, object, written};
use sse_streaming::cli::Cli;
use std::collections::{BTreeMap, BTreeSet};

/// What a function writes into its own log needs besides.
const OF_ITS_OWN: &str = "WriteLogs";

/// Actions and resources, by the name of the statement.
type Rights = BTreeMap<String, (BTreeSet<String>, Vec<String>)>;

fn granted() -> Rights {
    let module = module();
    let policy = module.block("data", &["aws_iam_policy_document", "canary"]).unwrap();
    let statements = nested(policy, "statement").into_iter().map(|statement| {
        let of = |key: &str| list(attribute(statement, key).unwrap()).unwrap();
        (written(attribute(statement, "sid").unwrap()), (of("actions").into_iter().collect(), of("resources")))
    });
    statements.filter(|(sid, _)| sid != OF_ITS_OWN).collect()
}

fn printed() -> Rights {
    let texts = |value: &serde_json::Value| -> Vec<String> {
        let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        all.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let policy = sse_verify::aws::policy("F");
    let statements = policy["Statement"].as_array().unwrap().iter().map(|statement| {
        let sid = statement["Sid"].as_str().unwrap().to_owned();
        (sid, (texts(&statement["Action"]).into_iter().collect(), texts(&statement["Resource"])))
    });
    statements.collect()
}

#[test]
fn its_rights_are_those_that_verify_prints() {
    let (granted, printed) = (granted(), printed());
    let actions = |rights: &Rights| -> BTreeMap<String, BTreeSet<String>> {
        rights.iter().map(|(sid, (actions, _))| (sid.clone(), actions.clone())).collect()
    };
    assert_eq!(actions(&granted), actions(&printed));
    // Where a printed resource leaves region and account open, Terraform names the resource itself.
    for (sid, (_, resources)) in &printed {
        let wide = |resources: &[String]| -> Vec<(bool, bool)> {
            resources.iter().map(|resource| (resource == "*", resource.ends_with(":*"))).collect()
        };
        assert_eq!(wide(&granted[sid].1), wide(resources), "{sid}");
    }
}

#[test]
fn its_flags_are_those_of_verify() {
    let text = files::read("terraform/module/canary.tf").unwrap();
    let flags: BTreeSet<&str> = text.split("\"--").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(flags.contains("url") && flags.len() >= 4, "{flags:?}");
    let cli = Cli::command();
    let verify = cli.find_subcommand("verify").unwrap();
    for flag in flags {
        assert!(verify.get_arguments().any(|argument| argument.get_long() == Some(flag)), "verify has no --{flag}");
    }
}

#[test]
fn its_variable_is_the_one_that_the_program_asks_for() {
    let module = module();
    let function = module.block("resource", &["aws_lambda_function", "canary"]).unwrap();
    let variables = object(attribute(nested(function, "environment")[0], "variables").unwrap()).unwrap();
    assert_eq!(variables["SSE_VERIFY_FLAGS"], "local.canary_flags");
    let (_, canary) = sources("app/src/verify").into_iter().find(|(path, _)| path.ends_with("canary.rs")).unwrap();
    assert!(canary.contains("const FLAGS: &str = \"SSE_VERIFY_FLAGS\";"));
}

#[test]
fn its_alarms_watch_what_verify_writes() {
    let module = module();
    let emf = files::read("app/verify/src/report/emf.rs").unwrap();
    for name in ["canary_failed", "canary_silent"] {
        let alarm = module.block("resource", &["aws_cloudwatch_metric_alarm", name]).unwrap();
        assert!(emf.contains(&format!("\"{}\"", written(attribute(alarm, "metric_name").unwrap()))), "{name}");
    }
    let silent = module.block("resource", &["aws_cloudwatch_metric_alarm", "canary_silent"]).unwrap();
    assert_eq!(written(attribute(silent, "treat_missing_data").unwrap()), "breaching");
}
