//! Every variable that the binary reads is set, deliberately left, or refused; none is set that it does not know. And
//! where both sides state a default or a range, they state the same.

use crate::settings;
use sse_policy::environment::{Decisions, disagreements};
use sse_policy::terraform::{Module, attribute, list, nested, object, written};
use sse_streaming::config::{Form, VARIABLES, Variable};
use std::collections::BTreeMap;

fn variable(name: &str) -> &'static Variable {
    VARIABLES.iter().find(|v| v.name == name).unwrap_or_else(|| panic!("the binary does not read {name}"))
}

/// A variable of the settings module by the environment variable that it becomes.
fn validations(variable: &str) -> String {
    let settings = settings();
    let body = settings.block("variable", &[variable]).unwrap();
    let conditions = nested(body, "validation").into_iter().map(|v| written(attribute(v, "condition").unwrap()));
    conditions.collect::<Vec<_>>().join(" && ")
}

#[test]
fn each_variable_is_decided_on_once() {
    let found = disagreements(VARIABLES.iter().map(|v| v.name), &Decisions::of(&settings()));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn defaults_are_the_binarys() {
    let settings = settings();
    for (name, setting) in [
        ("SENTIMENTS_INDEX", "sentiments_index"),
        ("SSE_METRICS_NAMESPACE", "metrics_namespace"),
        ("OTEL_SERVICE_NAME", "service_name"),
        ("POWERTOOLS_SERVICE_NAME", "service_name"),
        ("RUST_LOG", "log_level"),
    ] {
        assert_eq!(written(settings.default_of(setting).unwrap()), variable(name).default(), "{name}");
    }
    let set = object(settings.local("set").unwrap()).unwrap();
    for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"] {
        assert_eq!(set[name], variable(name).default(), "{name}");
    }
    // Lambda's defaults of these depend on where the binary runs, so they are said.
    assert_eq!(written(settings.default_of("metrics").unwrap()), "cloudwatch");
    assert!(variable("SSE_METRICS").default().starts_with("cloudwatch on Lambda"));
    assert_eq!(written(settings.default_of("telemetry").unwrap()), "adot");
    assert!(variable("SSE_TELEMETRY").default().starts_with("adot on Lambda"));
}

#[test]
fn what_is_counted_with_is_the_binarys() {
    for (local, name) in
        [("deadline_margin_ms", "SSE_DEADLINE_MARGIN_MS"), ("heartbeat_interval_ms", "SSE_HEARTBEAT_INTERVAL_MS")]
    {
        let counted = written(settings().local(local).unwrap());
        let default = variable(name).default();
        assert!(counted.replace(char::is_whitespace, "").ends_with(&format!(",{default})")), "{counted}, {default}");
    }
    let edge = Module::read("terraform/edge").unwrap();
    let heartbeat = written(edge.default_of("heartbeat_interval_ms").unwrap());
    assert_eq!(heartbeat, variable("SSE_HEARTBEAT_INTERVAL_MS").default());
}

#[test]
fn choices_are_the_binarys() {
    for (name, setting, not_on_lambda) in
        [("SSE_METRICS", "metrics", None), ("SSE_TELEMETRY", "telemetry", Some("memory"))]
    {
        let Form::Choice { of, .. } = variable(name).form else { panic!("{name} is no choice") };
        let offered: Vec<_> =
            of.iter().filter(|word| Some(**word) != not_on_lambda).map(|w| format!("{w:?}")).collect();
        let condition = validations(setting).replace(char::is_whitespace, "");
        assert_eq!(condition, format!("contains([{}],var.{setting})", offered.join(",")), "{name}");
    }
}

/// What is left to the binary's default may be set in `extra_environment`, within the binary's ranges.
#[test]
fn ranges_of_numbers_are_the_binarys() {
    let settings = settings();
    let defaulted = object(settings.local("defaulted").unwrap()).unwrap();
    let expected = VARIABLES.iter().filter(|v| defaulted.contains_key(v.name)).filter_map(|v| match v.form {
        Form::Number { min, max, or_zero: false, .. } | Form::NumberByPlace { min, max, .. } => {
            Some((v.name.to_owned(), vec![min.to_string(), max.to_string()]))
        }
        _ => None,
    });
    let hcl::Expression::Object(ranges) = settings.local("ranges").unwrap() else { panic!("ranges is no object") };
    let ranges = ranges.iter().map(|(name, range)| (name.to_string(), list(range).unwrap()));
    assert_eq!(ranges.collect::<BTreeMap<_, _>>(), expected.collect::<BTreeMap<_, _>>());
}

#[test]
fn the_range_of_a_stream_is_the_binarys() {
    let Form::Number { min, max, or_zero: true, .. } = variable("SSE_STREAM_MAX_MS").form else {
        panic!("SSE_STREAM_MAX_MS is no number that may be 0");
    };
    let expected = format!("var.stream_max_ms == 0 || (var.stream_max_ms >= {min} && var.stream_max_ms <= {max})");
    assert_eq!(validations("stream_max_ms"), expected);
}
