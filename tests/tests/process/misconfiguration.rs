//! Every kind of misconfiguration: no start, one init error that names each problem, an exit code that is not 0.
//! Rule: FR-018.

use lambda_env::{StartFailure, environment::EnvironmentBuilder};

use crate::{
    fixture::{Fixture, within},
    turns,
};

/// Name, smallest and largest value of each number (contract: Configuration).
const NUMBERS: [(&str, u64, u64); 14] = [
    ("SSE_POLL_INTERVAL_MS", 50, 60_000),
    ("SSE_READ_OVERLAP_MS", 0, 600_000),
    ("SSE_FULL_READ_INTERVAL_MS", 1_000, 86_400_000),
    ("SSE_HEARTBEAT_INTERVAL_MS", 200, 60_000),
    ("SSE_MAX_CONNECTIONS", 1, 100_000),
    ("SSE_RETRY_MS", 100, 600_000),
    ("SSE_WINDOW_S", 60, 2_678_400),
    ("SSE_STREAM_MAX_MS", 20, 900_000),
    ("SSE_DEADLINE_MARGIN_MS", 1_000, 60_000),
    ("SSE_FLUSH_TIMEOUT_MS", 100, 5_000),
    ("SSE_TRACE_BUDGET_BYTES", 20_000, 500_000),
    ("SSE_RETAIN_BYTES", 0, 4_194_304),
    ("SSE_WINDOW_MAX_ITEMS", 1, 10_000_000),
    ("AWS_LAMBDA_MAX_CONCURRENCY", 1, 10_000),
];

/// Values that are wrong by themselves.
const WORDS: [(&str, &str); 35] = [
    ("SSE_STORE", "redis"),
    ("SSE_METRICS", "statsd"),
    ("SSE_METRICS_NAMESPACE", "AWS/Lambda"),
    ("SSE_METRICS_NAMESPACE", "a namespace?"),
    ("SSE_TELEMETRY", "jaeger"),
    ("SSE_JWT_SECRET", "too short"),
    ("SSE_POLL_INTERVAL_MS", "five"),
    ("SSE_POLL_INTERVAL_MS", "-1"),
    ("SSE_RETAIN_BYTES", "1.5"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:4318"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:0"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:abc/v1/traces"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://localhost:4318/v1/traces"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "no header"),
    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "no header"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ("OTEL_RESOURCE_ATTRIBUTES", "service.name=another"),
    ("OTEL_TRACES_EXPORTER", "console"),
    ("AWS_LAMBDA_LOG_LEVEL", "loud"),
    ("OTEL_TRACES_SAMPLER", "always_on"),
    ("OTEL_SDK_DISABLED", "maybe"),
    ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/otel-handler"),
    ("AWS_XRAY_DAEMON_ADDRESS", "nowhere"),
    ("AWS_ENDPOINT_URL", "not a url"),
    ("AWS_ENDPOINT_URL_DYNAMODB", "localhost:8000"),
    ("AWS_ENDPOINT_URL_CLOUDWATCH", "ftp://localhost"),
    ("AWS_ENDPOINT_URL_XRAY", "xray.eu-central-1.amazonaws.com"),
    ("AWS_CA_BUNDLE", "/no/such/file.pem"),
    ("SENTIMENTS_INDEX", "by sentiment"),
    ("USERS_TABLE", "us"),
    ("RUST_LOG", "sse=loud=er"),
    ("ENVIRONMENT", "caf\u{e9}"),
    ("SSE_HEARTBEAT_INTERVAL_MS", "15s"),
    ("SSE_STREAM_MAX_MS", "19"),
];

/// Starts, and returns the text of the init error.
async fn refused(what: &str, builder: EnvironmentBuilder) -> String {
    let Err(error) = within(builder.start()).await else {
        panic!("{what}: it started");
    };
    let StartFailure::Init { error, exit, killed } = error.failure else {
        panic!("{what}: {:?}", error.failure);
    };
    assert!(!killed && exit.code.is_some_and(|code| code != 0), "{what}: {exit:?}");
    let report: serde_json::Value = serde_json::from_slice(&error.body).unwrap();
    report["errorMessage"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_is_named() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let out_of_range = NUMBERS.iter().flat_map(|(name, smallest, largest)| {
        let below = smallest.checked_sub(1).map(|value| (*name, value.to_string()));
        below.into_iter().chain([(*name, (largest + 1).to_string())])
    });
    // No less than nothing; and none at all is a word of its own here.
    let out_of_range = out_of_range.filter(|(name, value)| *name != "SSE_STREAM_MAX_MS" || value != "0");
    let words = WORDS.map(|(name, value)| (name, value.to_owned()));
    for (name, value) in out_of_range.chain(words) {
        let what = format!("{name}={value}");
        let text = refused(&what, fixture.function().var(name, &value)).await;
        assert!(text.contains(name), "{what}: {text}");
    }
    for name in ["ENVIRONMENT", "SENTIMENTS_TABLE"] {
        let text = refused(name, fixture.function().without_var(name)).await;
        assert!(text.contains(name), "{name}: {text}");
    }
}

#[tokio::test]
async fn contradictions_name_both_sides_and_a_secret_is_never_repeated() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let names = fixture.function().var("OTEL_SERVICE_NAME", "one").var("POWERTOOLS_SERVICE_NAME", "two");
    let text = refused("service names", names).await;
    assert!(text.contains("OTEL_SERVICE_NAME") && text.contains("POWERTOOLS_SERVICE_NAME"), "{text}");
    let text = refused("two keys", fixture.function().var("SSE_JWT_PUBLIC_KEY", "-----BEGIN")).await;
    assert!(text.contains("SSE_JWT_SECRET") && text.contains("SSE_JWT_PUBLIC_KEY"), "{text}");
    let no_key = fixture.function().without_var("SSE_JWT_SECRET").var("SSE_JWT_PUBLIC_KEY", "no key at all");
    let text = refused("no key", no_key).await;
    assert!(text.contains("SSE_JWT_PUBLIC_KEY") && !text.contains("no key at all"), "{text}");
    let text = refused("short secret", fixture.function().var("SSE_JWT_SECRET", "hunter2")).await;
    assert!(!text.contains("hunter2"), "{text}");
}

/// Whoever turns the log off still has to learn why nothing starts.
#[tokio::test]
async fn the_error_is_one_line_of_the_log_whatever_that_leaves_out() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    for filter in ["off", "info"] {
        let wrong = fixture.function().without_var("ENVIRONMENT").var("RUST_LOG", filter);
        let log = within(wrong.start()).await.expect_err("no start").log;
        let [line] = log.as_slice() else { panic!("{log:?}") };
        let line = line.json().unwrap_or_else(|| panic!("not JSON: {}", line.text));
        assert!(line["level"] == "ERROR" && line["timestamp"].is_string(), "{line}");
        assert!(line["message"].as_str().unwrap().contains("ENVIRONMENT"), "{line}");
    }
}

#[tokio::test]
async fn all_problems_stand_in_one_error() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let mut builder = fixture.function().without_var("ENVIRONMENT").without_var("SENTIMENTS_TABLE");
    // The first of each name: the second would only replace it. Concurrency also decides how many threads there are.
    let mut names = vec!["ENVIRONMENT", "SENTIMENTS_TABLE"];
    let numbers = NUMBERS.map(|(name, _, largest)| (name, (largest + 1).to_string()));
    for (name, value) in WORDS.map(|(name, value)| (name, value.to_owned())).into_iter().chain(numbers) {
        if !names.contains(&name) && name != "SSE_STORE" {
            names.push(name);
            builder = builder.var(name, &value);
        }
    }
    let text = refused("everything", builder).await;
    let unnamed: Vec<_> = names.iter().filter(|name| !text.contains(**name)).collect();
    assert!(names.len() > 25 && unnamed.is_empty(), "not named: {unnamed:?} in {text}");
}
