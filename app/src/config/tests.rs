use super::*;
use lambda_trace::whole_millis;
use std::collections::{BTreeMap, BTreeSet};

type Variables<'v> = BTreeMap<&'v str, &'v str>;

fn read_with(variables: &Variables<'_>) -> (Config, String) {
    let (config, errors) = read(&|name| variables.get(name).map(ToString::to_string));
    let text = if errors.is_empty() { String::new() } else { errors.to_string() };
    (config, text)
}

fn good(variables: &[(&str, &str)]) -> Config {
    let (config, errors) = read_with(&variables.iter().copied().collect());
    assert_eq!(errors, "", "{variables:?}");
    config
}

/// Every one of `names` is named, and nothing else is wrong.
fn bad(variables: &[(&str, &str)], names: &[&str]) -> String {
    let (_, errors) = read_with(&variables.iter().copied().collect());
    let said = errors.strip_prefix("bad configuration: ").unwrap_or_default();
    let found: BTreeSet<_> = said.split("; ").filter_map(|p| p.split(' ').next()).collect();
    assert_eq!(found, names.iter().copied().collect(), "{variables:?}: {errors}");
    errors
}

const LAMBDA: [(&str, &str); 3] =
    [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"), ("SENTIMENTS_TABLE", "items"), ("ENVIRONMENT", "prod")];

fn on_lambda(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    LAMBDA.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn nothing_set_is_a_local_service_in_memory() {
    let config = good(&[]);
    assert_eq!((&config.front, &config.store), (&Mode::Local, &Store::Memory));
    assert_eq!((config.metrics, config.telemetry), (MetricsSink::None, TelemetrySink::Memory));
    assert_eq!((config.metrics_namespace.as_str(), config.environment.as_str()), ("SseStreaming", "local"));
    assert_eq!((config.service.as_str(), config.log.as_str()), ("sse-streaming", "info"));
    assert_eq!(config.otlp.traces_url, "http://localhost:4318/v1/traces");
    assert!(config.users_table.is_none() && config.tokens.key.is_none() && config.xray_daemon.is_none());
}

#[test]
fn defaults_follow_lambda() {
    let config = good(&LAMBDA);
    let front = Mode::Lambda { runtime_api: "127.0.0.1:9001".into(), max_concurrency: 1 };
    assert_eq!(config.front, front);
    assert_eq!(config.store, Store::DynamoDb { table: "items".into(), index: "by_sentiment".into() });
    assert_eq!((config.metrics, config.telemetry), (MetricsSink::CloudWatch, TelemetrySink::Adot));
}

#[test]
fn lambda_needs_a_table_and_an_environment() {
    bad(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")], &["SENTIMENTS_TABLE", "ENVIRONMENT"]);
    good(&[("AWS_LAMBDA_RUNTIME_API", "h:1"), ("SSE_STORE", "memory"), ("ENVIRONMENT", "perf")]);
    for no_address in ["no address", "127.0.0.1", "127.0.0.1:"] {
        bad(&on_lambda(&[("AWS_LAMBDA_RUNTIME_API", no_address)]), &["AWS_LAMBDA_RUNTIME_API"]);
    }
}

#[test]
fn a_number_has_its_default_and_its_range() {
    type Get = fn(&Config) -> u64;
    let numbers: &[(&str, u64, u64, u64, Get)] = &[
        ("SSE_POLL_INTERVAL_MS", 5_000, 50, 60_000, |c| whole_millis(c.read_plan.interval)),
        ("SSE_READ_OVERLAP_MS", 10_000, 0, 600_000, |c| whole_millis(c.read_plan.overlap)),
        ("SSE_FULL_READ_INTERVAL_MS", 900_000, 1_000, 86_400_000, |c| whole_millis(c.read_plan.full_interval)),
        ("SSE_HEARTBEAT_INTERVAL_MS", 15_000, 200, 60_000, |c| whole_millis(c.limits.heartbeat)),
        ("SSE_MAX_CONNECTIONS", 100, 1, 100_000, |c| c.max_connections as u64),
        ("SSE_RETRY_MS", 3_000, 100, 600_000, |c| whole_millis(c.limits.retry)),
        ("SSE_WINDOW_S", 86_400, 60, 2_678_400, |c| c.read_plan.span.as_secs()),
        ("SSE_WINDOW_MAX_ITEMS", 200_000, 1, 10_000_000, |c| c.read_plan.max_items as u64),
        ("SSE_STREAM_MAX_MS", 0, 20, 900_000, |c| c.limits.stream_max.map_or(0, whole_millis)),
        ("SSE_DEADLINE_MARGIN_MS", 3_000, 1_000, 60_000, |c| whole_millis(c.limits.deadline_margin)),
        ("SSE_FLUSH_TIMEOUT_MS", 5_000, 100, 5_000, |c| whole_millis(c.flush_timeout)),
        ("SSE_TRACE_BUDGET_BYTES", 80_000, 20_000, 500_000, |c| c.trace_budget_bytes as u64),
        ("SSE_RETAIN_BYTES", 1_048_576, 0, 4_194_304, |c| c.retain_bytes as u64),
    ];
    for (name, default, min, max, get) in numbers {
        assert_eq!(get(&good(&[])), *default, "{name}");
        for value in [*min, *max] {
            assert_eq!(get(&good(&[(name, &value.to_string())])), value, "{name}");
        }
        let below = min.checked_sub(1).filter(|n| *n > 0).map(|n| n.to_string());
        let above = (max + 1).to_string();
        let beyond = below.iter().map(String::as_str).chain([above.as_str()]);
        for wrong in beyond.chain(["-1", "+5", "1.5", "1e3", "many", "99999999999999999999"]) {
            bad(&[(name, wrong)], &[name]);
        }
    }
    assert_eq!(good(&[("SSE_STREAM_MAX_MS", "0")]).limits.stream_max, None);
    bad(&[("SSE_HEARTBEAT_INTERVAL_MS", "0")], &["SSE_HEARTBEAT_INTERVAL_MS"]);
    let slots = good(&on_lambda(&[("AWS_LAMBDA_MAX_CONCURRENCY", "10")])).front;
    assert!(matches!(slots, Mode::Lambda { max_concurrency: 10, .. }));
    bad(&on_lambda(&[("AWS_LAMBDA_MAX_CONCURRENCY", "0")]), &["AWS_LAMBDA_MAX_CONCURRENCY"]);
}

#[test]
fn streams_leave_workers_for_those_without_a_slot() {
    assert_eq!(good(&on_lambda(&[])).max_connections, 1);
    for (workers, streams) in [("1", 1), ("2", 1), ("8", 7), ("31", 30), ("32", 30), ("64", 60), ("1024", 960)] {
        let variables = on_lambda(&[("AWS_LAMBDA_MAX_CONCURRENCY", workers)]);
        assert_eq!(good(&variables).max_connections, streams, "{workers}");
    }
    let both = on_lambda(&[("AWS_LAMBDA_MAX_CONCURRENCY", "64"), ("SSE_MAX_CONNECTIONS", "64")]);
    assert_eq!(good(&both).max_connections, 64);
}

#[test]
fn set_to_nothing_is_not_set() {
    for variable in VARIABLES {
        good(&[(variable.name, "")]);
        if variable.name != "SSE_JWT_SECRET" {
            good(&[(variable.name, " ")]);
        }
    }
}

#[test]
fn the_store_is_where_it_is_said_to_be() {
    let dynamodb = good(&[("SENTIMENTS_TABLE", "t.1"), ("SENTIMENTS_INDEX", "i-1")]).store;
    assert_eq!(dynamodb, Store::DynamoDb { table: "t.1".into(), index: "i-1".into() });
    assert_eq!(good(&[("SENTIMENTS_TABLE", "t_1"), ("SSE_STORE", "memory")]).store, Store::Memory);
    bad(&[("SSE_STORE", "dynamodb")], &["SENTIMENTS_TABLE"]);
    let (config, _) = read_with(&Variables::from([("SSE_STORE", "dynamodb")]));
    assert!(matches!(config.store, Store::DynamoDb { .. }), "what it needs beside a table is looked at as well");
    bad(&[("SSE_STORE", "redis")], &["SSE_STORE"]);
}

#[test]
fn names_are_such_as_dynamodb_has() {
    let (longest, too_long) = ("n".repeat(255), "n".repeat(256));
    for name in ["SENTIMENTS_TABLE", "SENTIMENTS_INDEX", "USERS_TABLE"] {
        for value in ["a-b", "A_1.x", &longest] {
            good(&[(name, value)]);
        }
        for value in ["ab", &too_long, "a table", "items/x", "caf\u{e9}", " items", "items "] {
            bad(&[(name, value)], &[name]);
        }
    }
    let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/items";
    good(&[("SENTIMENTS_TABLE", arn), ("USERS_TABLE", arn)]);
    bad(&[("SENTIMENTS_INDEX", arn)], &["SENTIMENTS_INDEX"]);
    bad(&[("USERS_TABLE", "arn:a b")], &["USERS_TABLE"]);
    good(&[("SENTIMENTS_TABLE", arn), ("AWS_REGION", "eu-central-1")]);
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        let errors = bad(&[("SENTIMENTS_TABLE", arn), (variable, "us-east-1")], &["SENTIMENTS_TABLE"]);
        assert!(errors.contains("eu-central-1") && errors.contains("us-east-1"), "{errors}");
    }
    for no_table in [
        "arn:aws:dynamodb:eu-central-1:123456789012:table/items/index/by_sentiment",
        "arn:aws:dynamodb:eu-central-1:1234:table/items",
        "arn:aws:sns:eu-central-1:123456789012:items",
    ] {
        bad(&[("SENTIMENTS_TABLE", no_table)], &["SENTIMENTS_TABLE"]);
    }
}

#[test]
fn an_endpoint_that_the_sdk_would_ignore_is_refused() {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_CLOUDWATCH"] {
        for value in ["http://127.0.0.1:8000", "https://h", "http://[::1]:1/base/", "HTTP://h"] {
            good(&[(name, value)]);
        }
        for value in ["not a url", "localhost:8000", "/x", "ftp://h", "http://", "http://h:abc", "http://u:hidden@h"] {
            let errors = bad(&[(name, value)], &[name]);
            assert!(!errors.contains("hidden"), "{errors}");
        }
    }
}

#[test]
fn metrics_go_where_they_are_said_to_go() {
    assert_eq!(good(&[("SSE_METRICS", "cloudwatch")]).metrics, MetricsSink::CloudWatch);
    assert_eq!(good(&[("SSE_METRICS", "EMF")]).metrics, MetricsSink::Emf);
    assert_eq!(good(&on_lambda(&[("SSE_METRICS", "none")])).metrics, MetricsSink::None);
    bad(&[("SSE_METRICS", "statsd")], &["SSE_METRICS"]);
    assert_eq!(good(&[("SSE_METRICS_NAMESPACE", "Team/Sse")]).metrics_namespace, "Team/Sse");
    for name in ["AWS/Lambda", "a,b", ":team", &"n".repeat(256)] {
        bad(&[("SSE_METRICS_NAMESPACE", name)], &["SSE_METRICS_NAMESPACE"]);
    }
    for name in ["a\nb", "prôd", &"n".repeat(256)] {
        bad(&[("ENVIRONMENT", name)], &["ENVIRONMENT"]);
    }
}

#[test]
fn telemetry_goes_where_it_is_said_to_go() {
    for (word, sink) in [
        ("adot", TelemetrySink::Adot),
        ("stdout", TelemetrySink::Stdout),
        ("memory", TelemetrySink::Memory),
        ("off", TelemetrySink::Off),
    ] {
        assert_eq!(good(&[("SSE_TELEMETRY", word)]).telemetry, sink);
    }
    for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        assert_eq!(good(&[(name, "http://127.0.0.1:1")]).telemetry, TelemetrySink::Adot);
    }
    bad(&[("SSE_TELEMETRY", "jaeger")], &["SSE_TELEMETRY"]);
}

#[test]
fn disabled_is_disabled_whatever_else_is_set() {
    let more =
        [("SSE_TELEMETRY", "adot"), ("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"), ("OTEL_SDK_DISABLED", "True")];
    let config = good(&on_lambda(&more));
    assert_eq!((config.telemetry, config.xray_daemon), (TelemetrySink::Off, None));
    let config = good(&on_lambda(&[more[1], ("OTEL_SDK_DISABLED", "false")]));
    assert_eq!((config.telemetry, config.xray_daemon.as_deref()), (TelemetrySink::Adot, Some("127.0.0.1:2000")));
    bad(&[("OTEL_SDK_DISABLED", "yes")], &["OTEL_SDK_DISABLED"]);
    let config = good(&on_lambda(&[more[0], more[1], ("OTEL_TRACES_EXPORTER", "none")]));
    assert_eq!((config.telemetry, config.xray_daemon), (TelemetrySink::Off, None));
    assert_eq!(good(&on_lambda(&[("OTEL_TRACES_EXPORTER", "otlp")])).telemetry, TelemetrySink::Adot);
    bad(&[("OTEL_TRACES_EXPORTER", "console")], &["OTEL_TRACES_EXPORTER"]);
}

#[test]
fn attributes_of_the_resource_are_read_and_bounded() {
    let name = "OTEL_RESOURCE_ATTRIBUTES";
    let attributes = |text: &str| good(&[(name, text), ("OTEL_SERVICE_NAME", "a")]).resource_attributes;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(attributes("team=web, stage = a%2Cb%3D ,"), [pair("team", "web"), pair("stage", "a,b=")]);
    assert_eq!(attributes("service.name=a,x="), [pair("x", "")]);
    let errors = bad(&[(name, "service.name=b"), ("OTEL_SERVICE_NAME", "a")], &[name]);
    assert!(errors.contains("\"b\"") && errors.contains("\"a\""), "{errors}");
    for entry in ["team", "=web", "team=%ff"] {
        let errors = bad(&[(name, &format!("x=y,{entry}"))], &[name]);
        assert!(errors.contains("number 2"), "{errors}");
    }
    let list = |count: usize| (0..count).map(|n| format!("n{n}=v")).collect::<Vec<_>>().join(",");
    assert_eq!(attributes(&list(50)).len(), 50);
    bad(&[(name, &list(51))], &[name]);
    let long = |bytes: usize| format!("x={}", "y".repeat(bytes - 2));
    assert_eq!(attributes(&long(8_000)).len(), 1);
    bad(&[(name, &long(8_001))], &[name]);
}

#[test]
fn lambda_may_say_what_is_logged() {
    let level = |value| good(&on_lambda(&[("AWS_LAMBDA_LOG_LEVEL", value)])).log;
    assert_eq!((level("DEBUG"), level("FATAL"), level("warn")), ("debug".into(), "error".into(), "warn".into()));
    assert_eq!(good(&[("AWS_LAMBDA_LOG_LEVEL", "DEBUG"), ("RUST_LOG", "warn")]).log, "warn");
    bad(&[("AWS_LAMBDA_LOG_LEVEL", "loud")], &["AWS_LAMBDA_LOG_LEVEL"]);
}

/// Rule: FR-054. Rule: FR-057.
#[test]
fn the_receiver_is_a_neighbour() {
    let url = |name, value| good(&[(name, value)]).otlp.traces_url;
    assert_eq!(url("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1"), "http://h:1/v1/traces");
    assert_eq!(url("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1/base/"), "http://h:1/base/v1/traces");
    assert_eq!(url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://h:1/x"), "http://h:1/x");
    for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        for value in [
            "https://h:4318",
            "HTTPS://user:hidden@h",
            "h:4318",
            "localhost",
            "grpc://h",
            "http://",
            "http:///x",
            "http://h/x?a=b",
        ] {
            let errors = bad(&[(name, value)], &[name]);
            assert!(!errors.contains("hidden"), "{errors}");
        }
        for authority in ["localhost:", "localhost:abc", "h:-1", "h:0", "h:65536", "[::1]:99999", "u:hidden@h:1"] {
            let errors = bad(&[(name, &format!("http://{authority}/x"))], &[name]);
            assert!(!errors.contains("hidden"), "{errors}");
        }
    }
    bad(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], &["OTEL_EXPORTER_OTLP_PROTOCOL"]);
    good(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_TRACES_SAMPLER", "parentbased_always_on")]);
    bad(&[("OTEL_TRACES_SAMPLER", "always_on")], &["OTEL_TRACES_SAMPLER"]);
}

#[test]
fn headers_of_exports_are_read_and_not_shown() {
    let name = "OTEL_EXPORTER_OTLP_HEADERS";
    let config = good(&[(name, "api-key=k%20ey, X-Two = b=c ,")]);
    let headers: Vec<_> = config.otlp.headers.iter().map(|(n, v)| (n.as_str(), v.expose())).collect();
    assert_eq!(headers, [("api-key", "k ey"), ("x-two", "b=c")]);
    assert!(!format!("{config:?}").contains("k ey"));
    let errors = bad(&[(name, "a=b,hidden")], &[name]);
    assert!(errors.contains("number 2") && !errors.contains("hidden"), "{errors}");
    bad(&[(name, "a b=c")], &[name]);
    bad(&[(name, "a=%0A")], &[name]);
    let of_traces = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
    let config = good(&[(name, "a=b"), (of_traces, "c=d")]);
    let headers: Vec<_> = config.otlp.headers.iter().map(|(n, v)| (n.as_str(), v.expose())).collect();
    assert_eq!(headers, [("c", "d")], "what is said for traces replaces what is said for all");
    bad(&[(name, "a=b"), (of_traces, "c")], &[of_traces]);
    bad(&[(name, "a"), (of_traces, "c")], &[name, of_traces]);
}

/// Rule: FR-047.
#[test]
fn the_service_has_one_name() {
    let service = |more: &[(&str, &str)]| good(more).service;
    assert_eq!(service(&[("OTEL_SERVICE_NAME", "a")]), "a");
    assert_eq!(service(&[("POWERTOOLS_SERVICE_NAME", "b")]), "b");
    assert_eq!(service(&[("OTEL_SERVICE_NAME", "c"), ("POWERTOOLS_SERVICE_NAME", "c")]), "c");
    bad(&[("OTEL_SERVICE_NAME", "a"), ("POWERTOOLS_SERVICE_NAME", "b")], &["OTEL_SERVICE_NAME"]);
}

#[test]
fn one_kind_of_key_for_tokens_and_never_shown() {
    let secret = "0123456789abcdef0123456789abcdef";
    let config = good(&[("SSE_JWT_SECRET", secret), ("SSE_JWT_ISSUER", "i"), ("SSE_JWT_AUDIENCE", "a")]);
    assert!(matches!(&config.tokens.key, Some(TokenKey::Secret(s)) if s.expose() == secret));
    assert_eq!((config.tokens.issuer.as_deref(), config.tokens.audience.as_deref()), (Some("i"), Some("a")));
    assert!(!format!("{config:?}").contains(secret));
    assert!(matches!(good(&[("SSE_JWT_PUBLIC_KEY", "pem")]).tokens.key, Some(TokenKey::Public(_))));
    let errors = bad(&[("SSE_JWT_SECRET", secret), ("SSE_JWT_PUBLIC_KEY", "pem")], &["SSE_JWT_SECRET"]);
    assert!(!errors.contains(secret));
    for odd in [format!("{secret}\n"), format!(" {secret}"), " ".repeat(40)] {
        let errors = bad(&[("SSE_JWT_SECRET", &odd)], &["SSE_JWT_SECRET"]);
        assert!(!errors.contains(secret), "{errors}");
    }
    assert!(good(&[("SSE_JWT_SECRET", "")]).tokens.key.is_none());
}

#[test]
fn settings_that_would_have_no_effect_are_named() {
    bad(
        &[("OTEL_BSP_SCHEDULE_DELAY", "1"), ("AWS_MAX_ATTEMPTS", "9")],
        &["OTEL_BSP_SCHEDULE_DELAY", "AWS_MAX_ATTEMPTS"],
    );
    good(&[("OTEL_PROPAGATORS", "xray")]);
}

/// Rule: FR-046.
#[test]
fn a_wrapper_is_refused_and_odd_directives_too() {
    let errors = bad(&[("AWS_LAMBDA_EXEC_WRAPPER", "/opt/otel-handler")], &["AWS_LAMBDA_EXEC_WRAPPER"]);
    assert!(errors.contains("must not be set"), "{errors}");
    assert_eq!(good(&[("RUST_LOG", "warn,sse_streaming=debug")]).log, "warn,sse_streaming=debug");
    bad(&[("RUST_LOG", "sse_streaming=loud")], &["RUST_LOG"]);
}

/// Rule: FR-018.
#[test]
fn all_problems_come_at_once() {
    let errors = bad(
        &[
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("SSE_POLL_INTERVAL_MS", "1"),
            ("SSE_RETRY_MS", "soon"),
            ("OTEL_TRACES_SAMPLER", "always_off"),
            ("AWS_LAMBDA_EXEC_WRAPPER", "x"),
        ],
        &[
            "SSE_POLL_INTERVAL_MS",
            "SSE_RETRY_MS",
            "OTEL_TRACES_SAMPLER",
            "AWS_LAMBDA_EXEC_WRAPPER",
            "SENTIMENTS_TABLE",
            "ENVIRONMENT",
        ],
    );
    assert!(errors.contains("not a whole number in 50..60000"), "{errors}");
}

#[test]
fn the_table_names_each_variable_once_with_its_help() {
    let names: BTreeSet<_> = VARIABLES.iter().map(|v| v.name).collect();
    assert_eq!(names.len(), VARIABLES.len());
    assert!(VARIABLES.iter().all(|v| !v.help.is_empty() && !v.default().is_empty()));
}

/// What is read and what the table says are the same: each variable is asked for, and no other but those that are refused.
#[test]
fn the_table_is_what_is_read() {
    let asked = std::cell::RefCell::new(BTreeSet::new());
    let _ = read(&|name| {
        asked.borrow_mut().insert(name.to_owned());
        (name == "AWS_LAMBDA_RUNTIME_API").then(|| "h:1".to_owned())
    });
    let table: BTreeSet<_> = VARIABLES.iter().map(|v| v.name.to_owned()).collect();
    let mut asked = asked.into_inner();
    asked.retain(|name| !foreign::names().chain(proxy::names()).any(|foreign| foreign == name));
    assert_eq!(asked, table);
}

#[test]
fn x_ray_is_a_choice_with_its_own_endpoint() {
    let xray = good(&[
        ("SSE_TELEMETRY", "xray"),
        ("AWS_ENDPOINT_URL_XRAY", "http://127.0.0.1:1"),
        ("AWS_CA_BUNDLE", "ca.pem"),
    ]);
    assert_eq!((xray.telemetry, xray.ca_bundle.as_deref()), (TelemetrySink::Xray, Some("ca.pem")));
    assert!(!xray.otlp.is_named);
    let both = good(&[("SSE_TELEMETRY", "xray"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1")]);
    assert!(both.telemetry == TelemetrySink::Xray && both.otlp.is_named);
    bad(&[("AWS_ENDPOINT_URL_XRAY", "xray.eu-west-1.amazonaws.com")], &["AWS_ENDPOINT_URL_XRAY"]);
    assert_eq!(good(&[("SSE_TELEMETRY", "xray"), ("OTEL_SDK_DISABLED", "true")]).telemetry, TelemetrySink::Off);
    let proxy = ("HTTPS_PROXY", "http://proxy:3128");
    bad(&[("SSE_TELEMETRY", "xray"), proxy], &["HTTPS_PROXY"]);
    assert_eq!(good(&[proxy]).telemetry, TelemetrySink::Memory);
}
