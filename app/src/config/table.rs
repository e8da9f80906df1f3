//! Every variable that the program reads itself. What is read by the AWS SDK alone (credentials, region) is the SDK's; its
//! endpoints are looked at here as well, as the SDK would ignore a bad one and call AWS.

use super::variable::Variable as V;

const TABLE_NAME: &str = "3 to 255 of letters, digits, _ . -, or the ARN of a table in the region of the calls";
const ENDPOINT: &str = "http(s)://host[:port][/path]";

pub(super) const STORE: V = V::choice(
    "SSE_STORE",
    "dynamodb if SENTIMENTS_TABLE is set or on Lambda, else memory",
    &["dynamodb", "memory"],
    "where items come from",
);
pub(super) const SENTIMENTS_TABLE: V = V::text("SENTIMENTS_TABLE", "", TABLE_NAME, "the table of items");
pub(super) const SENTIMENTS_INDEX: V = V::text(
    "SENTIMENTS_INDEX",
    "by_sentiment",
    "3 to 255 of letters, digits, _ . -",
    "its index: partition `sentiment`, sort `updated_at`",
);
pub(super) const USERS_TABLE: V =
    V::text("USERS_TABLE", "", TABLE_NAME, "the table of configurations; without it configuration streams answer 404");
pub(super) const METRICS: V = V::choice(
    "SSE_METRICS",
    "cloudwatch on Lambda, else none",
    &["cloudwatch", "emf", "none"],
    "where metrics go; emf is a line on stdout",
);
pub(super) const METRICS_NAMESPACE: V = V::text(
    "SSE_METRICS_NAMESPACE",
    "SseStreaming",
    "1 to 255 of letters, digits, . - _ / # : and spaces, not beginning with : or AWS/",
    "the namespace of metrics",
);
pub(super) const ENVIRONMENT: V = V::text(
    "ENVIRONMENT",
    "local",
    "required on Lambda; at most 255 bytes of printable ASCII",
    "the dimension Environment of metrics",
);
pub(super) const TELEMETRY: V = V::choice(
    "SSE_TELEMETRY",
    "adot on Lambda; for serve adot if an OTLP endpoint is set, else memory",
    &["adot", "xray", "stdout", "memory", "off"],
    "where spans of the streaming phase go: adot to a collector beside the function, xray to X-Ray's own OTLP endpoint; stdout prints \
     OTLP/JSON lines",
);
pub(super) const POLL_INTERVAL: V = V::number("SSE_POLL_INTERVAL_MS", 5_000, 50, 60_000, "between polls");
pub(super) const READ_OVERLAP: V =
    V::number("SSE_READ_OVERLAP_MS", 10_000, 0, 600_000, "how far behind the newest item a poll reads again");
pub(super) const FULL_READ_INTERVAL: V =
    V::number("SSE_FULL_READ_INTERVAL_MS", 900_000, 1_000, 86_400_000, "the whole window is read again this often");
pub(super) const HEARTBEAT_INTERVAL: V =
    V::number("SSE_HEARTBEAT_INTERVAL_MS", 15_000, 200, 60_000, "between heartbeats");
pub(super) const MAX_CONNECTIONS: V = V::number_by_place(
    "SSE_MAX_CONNECTIONS",
    "on Lambda as many as invocations at once, less a reserve of 1/16, at least 1, of more than one; else 100",
    1,
    100_000,
    "streams per process; the reserve answers `busy`, status and refusals",
);
pub(super) const RETRY: V = V::number(
    "SSE_RETRY_MS",
    3_000,
    100,
    600_000,
    "the client's reconnect delay; each connection gets a random value within 50 % of it",
);
pub(super) const WINDOW: V =
    V::number("SSE_WINDOW_S", 86_400, 60, 2_678_400, "how far back the aggregates look, in seconds");
pub(super) const WINDOW_MAX_ITEMS: V = V::number(
    "SSE_WINDOW_MAX_ITEMS",
    200_000,
    1,
    10_000_000,
    "beyond it the oldest items leave, and metrics say `truncated`",
);
pub(super) const STREAM_MAX: V =
    V::number_or_zero("SSE_STREAM_MAX_MS", 20, 900_000, "a stream ends after this long; 0: at the deadline");
pub(super) const DEADLINE_MARGIN: V = V::number(
    "SSE_DEADLINE_MARGIN_MS",
    3_000,
    1_000,
    60_000,
    "the `deadline` event is written this long before the deadline",
);
pub(super) const FLUSH_TIMEOUT: V =
    V::number("SSE_FLUSH_TIMEOUT_MS", 5_000, 100, 5_000, "the flush of an invocation takes at most this long");
pub(super) const TRACE_BUDGET: V =
    V::number("SSE_TRACE_BUDGET_BYTES", 80_000, 20_000, 500_000, "estimated X-Ray bytes per trace");
pub(super) const RETAIN: V = V::number("SSE_RETAIN_BYTES", 1_048_576, 0, 4_194_304, "spans kept after a failed export");
pub(super) const JWT_SECRET: V = V::text(
    "SSE_JWT_SECRET",
    "",
    "at least 32 bytes without white space around them; not together with SSE_JWT_PUBLIC_KEY",
    "HS256 secret; without a key every configuration stream answers 401",
);
pub(super) const JWT_PUBLIC_KEY: V = V::text(
    "SSE_JWT_PUBLIC_KEY",
    "",
    "one or more PEM blocks",
    "public keys: RS256, ES256 or EdDSA by the type of the key",
);
pub(super) const JWT_ISSUER: V = V::text("SSE_JWT_ISSUER", "", "", "the required `iss`; without it unchecked");
pub(super) const JWT_AUDIENCE: V = V::text("SSE_JWT_AUDIENCE", "", "", "the required `aud`; without it unchecked");
pub(super) const OTEL_SERVICE_NAME: V = V::text(
    "OTEL_SERVICE_NAME",
    "sse-streaming",
    "equal to POWERTOOLS_SERVICE_NAME if both are set",
    "the service's name in traces",
);
pub(super) const POWERTOOLS_SERVICE_NAME: V = V::text(
    "POWERTOOLS_SERVICE_NAME",
    "sse-streaming",
    "equal to OTEL_SERVICE_NAME if both are set",
    "the same under its other name",
);
pub(super) const OTLP_ENDPOINT: V = V::text(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "http://localhost:4318",
    "http://host[:port][/path]; https:// is refused: the collector beside the function speaks plain HTTP",
    "the OTLP receiver of the collector; /v1/traces is appended",
);
pub(super) const OTLP_TRACES_ENDPOINT: V =
    V::text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", "as above", "the whole address instead, nothing is appended");
pub(super) const OTLP_HEADERS: V = V::text(
    "OTEL_EXPORTER_OTLP_HEADERS",
    "",
    "name=value,name=value; values percent-encoded",
    "headers of every export",
);
pub(super) const OTLP_TRACES_HEADERS: V = V::text(
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "",
    "as above",
    "the same for traces; replaces the other where both are set",
);
pub(super) const RESOURCE_ATTRIBUTES: V = V::text(
    "OTEL_RESOURCE_ATTRIBUTES",
    "",
    "name=value,name=value; values percent-encoded; at most 50 of them and 8,000 bytes; service.name only as the service name is",
    "added to the resource of every span",
);
pub(super) const TRACES_EXPORTER: V =
    V::choice("OTEL_TRACES_EXPORTER", "otlp", &["otlp", "none"], "none turns all tracing off");
pub(super) const OTLP_PROTOCOL: V =
    V::choice("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", &["http/protobuf"], "nothing else is spoken");
pub(super) const TRACES_SAMPLER: V = V::choice(
    "OTEL_TRACES_SAMPLER",
    "parentbased_always_on",
    &["parentbased_always_on"],
    "Lambda decides what is sampled",
);
pub(super) const SDK_DISABLED: V =
    V::choice("OTEL_SDK_DISABLED", "false", &["true", "false"], "true turns all tracing off, whatever else is set");
pub(super) const EXEC_WRAPPER: V =
    V::text("AWS_LAMBDA_EXEC_WRAPPER", "", "must not be set", "a wrapper would trace the handler a second time");
pub(super) const XRAY_DAEMON: V = V::text(
    "AWS_XRAY_DAEMON_ADDRESS",
    "",
    "host:port, or tcp:host:port udp:host:port",
    "set by Lambda; without it there are no handler-phase subsegments; a name may come to resolve later",
);
pub(super) const AWS_ENDPOINT: V =
    V::text("AWS_ENDPOINT_URL", "", ENDPOINT, "where the AWS SDK sends every call, instead of AWS: a local server");
pub(super) const DYNAMODB_ENDPOINT: V =
    V::text("AWS_ENDPOINT_URL_DYNAMODB", "", ENDPOINT, "the same for DynamoDB alone");
pub(super) const CLOUDWATCH_ENDPOINT: V =
    V::text("AWS_ENDPOINT_URL_CLOUDWATCH", "", ENDPOINT, "the same for CloudWatch alone");
pub(super) const XRAY_ENDPOINT: V =
    V::text("AWS_ENDPOINT_URL_XRAY", "", ENDPOINT, "the same for X-Ray's OTLP endpoint alone; /v1/traces is appended");
pub(super) const CA_BUNDLE: V = V::text(
    "AWS_CA_BUNDLE",
    "",
    "a file of PEM blocks",
    "the certificate authorities that are believed instead of Mozilla's (on Lambda) or the system's",
);
pub(super) const LAMBDA_LOG_LEVEL: V = V::choice(
    "AWS_LAMBDA_LOG_LEVEL",
    "-",
    &["trace", "debug", "info", "warn", "error", "fatal"],
    "set by Lambda where its logging configuration names a level; RUST_LOG goes before it",
);
pub(super) const RUST_LOG: V = V::text(
    "RUST_LOG",
    "info",
    "directives of tracing-subscriber",
    "what is logged: JSON lines on stdout on Lambda, text on stderr for serve; a panic always is",
);
pub(super) const RUNTIME_API: V =
    V::text("AWS_LAMBDA_RUNTIME_API", "", "host:port", "set by Lambda: the program is the function");
pub(super) const MAX_CONCURRENCY: V =
    V::number("AWS_LAMBDA_MAX_CONCURRENCY", 1, 1, 10_000, "set by Lambda: invocations at once in this process");

/// All of them, in the order of the help.
pub const VARIABLES: &[V] = &[
    STORE,
    SENTIMENTS_TABLE,
    SENTIMENTS_INDEX,
    USERS_TABLE,
    METRICS,
    METRICS_NAMESPACE,
    ENVIRONMENT,
    TELEMETRY,
    POLL_INTERVAL,
    READ_OVERLAP,
    FULL_READ_INTERVAL,
    HEARTBEAT_INTERVAL,
    MAX_CONNECTIONS,
    RETRY,
    WINDOW,
    WINDOW_MAX_ITEMS,
    STREAM_MAX,
    DEADLINE_MARGIN,
    FLUSH_TIMEOUT,
    TRACE_BUDGET,
    RETAIN,
    JWT_SECRET,
    JWT_PUBLIC_KEY,
    JWT_ISSUER,
    JWT_AUDIENCE,
    OTEL_SERVICE_NAME,
    POWERTOOLS_SERVICE_NAME,
    OTLP_ENDPOINT,
    OTLP_TRACES_ENDPOINT,
    OTLP_HEADERS,
    OTLP_TRACES_HEADERS,
    RESOURCE_ATTRIBUTES,
    TRACES_EXPORTER,
    OTLP_PROTOCOL,
    TRACES_SAMPLER,
    SDK_DISABLED,
    EXEC_WRAPPER,
    XRAY_DAEMON,
    AWS_ENDPOINT,
    DYNAMODB_ENDPOINT,
    CLOUDWATCH_ENDPOINT,
    XRAY_ENDPOINT,
    CA_BUNDLE,
    RUST_LOG,
    LAMBDA_LOG_LEVEL,
    RUNTIME_API,
    MAX_CONCURRENCY,
];
