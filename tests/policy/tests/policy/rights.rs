//! The rights of the function are the calls of the code, the platform's own, and nothing else.

use crate::{module, sources};
use hcl::{Body, Expression};
use sse_policy::calls;
use sse_policy::terraform::{Module, attribute, list, nested, written};
use std::collections::{BTreeMap, BTreeSet};

/// What the platform does with the function's role: the X-Ray daemon and the collector send traces, Lambda writes logs, and
/// decrypts the environment, as DynamoDB does tables, where a key was named. And what X-Ray's OTLP endpoint asks for, which is no
/// operation of an SDK.
const PLATFORM: [&str; 7] = [
    "kms:Decrypt",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutSpans",
    "xray:PutSpansForIndexing",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// Adapters that only `feed` uses, with the rights of whoever runs it, and one that is compiled for tests only.
const NOT_ON_LAMBDA: [&str; 3] =
    ["adapters/src/dynamodb/cost.rs", "adapters/src/dynamodb/setup.rs", "adapters/src/dynamodb/writer.rs"];

fn statements(module: &Module) -> Vec<&Body> {
    let policy = module.block("data", &["aws_iam_policy_document", "function"]).unwrap();
    nested(policy, "statement")
}

fn actions(statement: &Body) -> Vec<String> {
    list(attribute(statement, "actions").unwrap()).unwrap()
}

/// The condition of the statement that grants an action: variable and values.
fn condition(action: &str) -> (String, Vec<String>) {
    let module = module();
    let statement = statements(&module).into_iter().find(|s| actions(s) == [action]).unwrap();
    let condition = nested(statement, "condition")[0];
    (written(attribute(condition, "variable").unwrap()), list(attribute(condition, "values").unwrap()).unwrap())
}

#[test]
fn actions_are_the_calls_of_the_code() {
    let mut needed: BTreeSet<String> = PLATFORM.map(str::to_owned).into();
    let sources = sources("adapters/src");
    for path in NOT_ON_LAMBDA {
        assert!(sources.iter().any(|(p, _)| p == path), "{path} is gone: take it from the list");
    }
    for (path, source) in sources.iter().filter(|(path, _)| !NOT_ON_LAMBDA.contains(&path.as_str())) {
        needed.extend(calls::actions(source).unwrap_or_else(|e| panic!("{path}: {e}")));
    }
    let module = module();
    let granted: BTreeSet<String> = statements(&module).into_iter().flat_map(actions).collect();
    assert_eq!(granted, needed);
}

/// What each statement allows its actions on. A `dynamic` statement may take it from its `for_each`.
fn resources(policy: &Body) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for block in policy.blocks() {
        let (body, each) = match block.identifier() {
            "statement" => (block.body(), Vec::new()),
            "dynamic" => (nested(block.body(), "content")[0], each(attribute(block.body(), "for_each").unwrap())),
            _ => continue,
        };
        let resources = list(attribute(body, "resources").unwrap())
            .unwrap()
            .into_iter()
            .flat_map(|resource| if resource == "statement.value" { each.clone() } else { vec![resource] });
        found.insert(written(attribute(body, "sid").unwrap()), resources.collect());
    }
    found
}

/// The elements that a condition chooses, or none: `x == null ? [] : [x]`.
fn each(value: &Expression) -> Vec<String> {
    let Expression::Conditional(choice) = value else { panic!("{}", written(value)) };
    let chosen = [&choice.true_expr, &choice.false_expr].map(|side| list(side).unwrap());
    chosen.into_iter().flatten().collect()
}

/// The index only: the table itself would show what the projection leaves out. PutMetricData and those of X-Ray know no
/// resources.
#[test]
fn each_right_is_for_what_it_is_needed_for() {
    let module = module();
    let policy = module.block("data", &["aws_iam_policy_document", "function"]).unwrap();
    let expected = [
        ("DecryptWithKey", "var.kms_key_arn"),
        ("PutMetrics", "*"),
        ("ReadConfigurations", "local.users_table_arn"),
        ("ReadItems", "${local.sentiments_table_arn}/index/${module.settings.sentiments_index}"),
        ("SendSpans", "*"),
        ("SendTraces", "*"),
        ("WriteLogs", "${aws_cloudwatch_log_group.function.arn}:*"),
    ];
    let expected = expected.map(|(sid, resource)| (sid.to_owned(), vec![resource.to_owned()]));
    assert_eq!(resources(policy), BTreeMap::from(expected));
}

/// Every call is an adapter's: what the rest of the code sent would be missing above.
#[test]
fn nobody_else_calls() {
    for folder in ["app/src", "core/src"] {
        for (path, source) in sources(folder) {
            assert_eq!(calls::actions(&source), Ok(BTreeSet::new()), "{path}");
        }
    }
}

#[test]
fn metrics_go_to_the_namespace_only() {
    let expected = ("cloudwatch:namespace".to_owned(), vec!["statement.value".to_owned()]);
    assert_eq!(condition("cloudwatch:PutMetricData"), expected);
}

#[test]
fn configurations_are_read_under_the_keys_that_the_code_asks_for() {
    let (variable, values) = condition("dynamodb:GetItem");
    assert_eq!((variable.as_str(), values.as_slice()), ("dynamodb:LeadingKeys", ["USER#*".to_owned()].as_slice()));
    let adapters = sources("adapters/src/dynamodb");
    assert!(adapters.iter().any(|(_, source)| source.contains(r#".key("PK", AttributeValue::S(format!("USER#{}""#)));
}
