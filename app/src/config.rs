//! The configuration: every variable parsed once into one typed value, all problems in one error (FR-018).
//!
//! Reads through a function, never the process's environment, and knows no adapter.

mod aws;
mod errors;
mod foreign;
mod otlp;
pub(crate) mod proxy;
mod reader;
mod resource;
mod secret;
mod settings;
mod table;
mod variable;

pub use errors::ConfigErrors;
pub use foreign::unknown;
pub use otlp::OtlpReceiver;
pub use secret::Secret;
pub use settings::{Config, MetricsSink, Mode, Store, TelemetrySink, TokenKey, TokenRules};
pub use table::VARIABLES;
pub use variable::{Form, Variable};

use reader::Reader;
use sse_core::{plan::Limits, shared_reader::ReadPlan};
use std::time::Duration;

/// CloudWatch's limit for a namespace and for the value of a dimension, in bytes (a dimension may be longer; nobody's is).
const NAME_MAX_BYTES: usize = 255;

/// Reads all variables. The configuration is valid only if there are no problems; it is returned with them so that
/// adapters can check their part and add theirs.
pub fn read(environment: &dyn Fn(&str) -> Option<String>) -> (Config, ConfigErrors) {
    let r = &mut Reader::new(environment);
    let front = front(r);
    let on_lambda = matches!(front, Mode::Lambda { .. });
    if r.text(&table::EXEC_WRAPPER).is_some() {
        r.errors.note(&table::EXEC_WRAPPER, "must not be set: a wrapper would trace the handler a second time");
    }
    let is_disabled = r.choice(&table::SDK_DISABLED) == Some("true");
    let has_no_exporter = r.choice(&table::TRACES_EXPORTER) == Some("none");
    let is_traced = !is_disabled && !has_no_exporter;
    foreign::check(r);
    aws::check_endpoints(r);
    let index = aws::index_name(r);
    let service = service(r);
    let config = Config {
        store: store(r, on_lambda, &index),
        index,
        users_table: aws::table_name(r, &table::USERS_TABLE),
        metrics: match (r.choice(&table::METRICS), on_lambda) {
            (Some("cloudwatch"), _) | (None, true) => MetricsSink::CloudWatch,
            (Some("emf"), _) => MetricsSink::Emf,
            _ => MetricsSink::None,
        },
        metrics_namespace: namespace(r),
        environment: environment_name(r, on_lambda),
        telemetry: telemetry(r, on_lambda, is_traced),
        ca_bundle: r.text(&table::CA_BUNDLE),
        unusable_proxy: proxy::unusable(environment),
        otlp: otlp::read(r),
        xray_daemon: r.text(&table::XRAY_DAEMON).filter(|_| is_traced),
        resource_attributes: resource::attributes(r, &service),
        service,
        limits: Limits {
            stream_max: Some(r.millis(&table::STREAM_MAX)).filter(|most| !most.is_zero()),
            deadline_margin: r.millis(&table::DEADLINE_MARGIN),
            heartbeat: r.millis(&table::HEARTBEAT_INTERVAL),
            retry: r.millis(&table::RETRY),
        },
        read_plan: ReadPlan {
            interval: r.millis(&table::POLL_INTERVAL),
            overlap: r.millis(&table::READ_OVERLAP),
            full_interval: r.millis(&table::FULL_READ_INTERVAL),
            span: Duration::from_secs(r.number(&table::WINDOW)),
            max_items: whole(r.number(&table::WINDOW_MAX_ITEMS)),
        },
        max_connections: whole(r.number_or(&table::MAX_CONNECTIONS, default_connections(&front))),
        flush_timeout: r.millis(&table::FLUSH_TIMEOUT),
        trace_budget_bytes: whole(r.number(&table::TRACE_BUDGET)),
        retain_bytes: whole(r.number(&table::RETAIN)),
        tokens: tokens(r),
        log: log(r),
        front,
    };
    (config, std::mem::take(&mut r.errors))
}

fn front(r: &mut Reader<'_>) -> Mode {
    let max_concurrency = whole(r.number(&table::MAX_CONCURRENCY));
    match r.text(&table::RUNTIME_API) {
        None => Mode::Local,
        Some(runtime_api) => {
            if let Err(error) = runtime_api.parse::<lambda_stream::Address>() {
                r.errors.note(&table::RUNTIME_API, format!("is {runtime_api:?}, {error}"));
            }
            Mode::Lambda { runtime_api, max_concurrency }
        }
    }
}

/// The default number of streams per process. One worker more than streams can still answer `busy`: a platform whose
/// workers are all taken answers 429 itself, which ends a browser's stream for good.
fn default_connections(front: &Mode) -> u64 {
    const LOCAL: u64 = 100;
    match *front {
        Mode::Local => LOCAL,
        Mode::Lambda { max_concurrency: 0 | 1, .. } => 1,
        Mode::Lambda { max_concurrency: workers, .. } => {
            let reserve = (workers / 16).max(1);
            u64::try_from(workers - reserve).unwrap_or(LOCAL)
        }
    }
}

fn store(r: &mut Reader<'_>, on_lambda: bool, index: &str) -> Store {
    let table = aws::table_name(r, &table::SENTIMENTS_TABLE);
    let index = index.to_owned();
    let in_dynamodb = match r.choice(&table::STORE) {
        Some(word) => word == "dynamodb",
        None => on_lambda || table.is_some(),
    };
    match table {
        _ if !in_dynamodb => Store::Memory,
        Some(table) => Store::DynamoDb { table, index },
        None => {
            r.errors.note(&table::SENTIMENTS_TABLE, "is not set, and SSE_STORE is dynamodb");
            // It is still the store that is meant, so that what else it needs and lacks is named at once.
            Store::DynamoDb { table: String::new(), index }
        }
    }
}

fn telemetry(r: &mut Reader<'_>, on_lambda: bool, is_traced: bool) -> TelemetrySink {
    let has_receiver = r.text(&table::OTLP_ENDPOINT).is_some() || r.text(&table::OTLP_TRACES_ENDPOINT).is_some();
    match r.choice(&table::TELEMETRY) {
        _ if !is_traced => TelemetrySink::Off,
        Some("adot") => TelemetrySink::Adot,
        Some("xray") => {
            for name in proxy::FOR_HTTPS {
                if r.named(name).is_some() {
                    r.errors.note_by_name(name, "is set, and SSE_TELEMETRY=xray sends spans to X-Ray without a proxy");
                }
            }
            TelemetrySink::Xray
        }
        Some("stdout") => TelemetrySink::Stdout,
        Some("memory") => TelemetrySink::Memory,
        Some(_) => TelemetrySink::Off,
        None if on_lambda || has_receiver => TelemetrySink::Adot,
        None => TelemetrySink::Memory,
    }
}

fn namespace(r: &mut Reader<'_>) -> String {
    let name = r.text_or_default(&table::METRICS_NAMESPACE);
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_/#: ".contains(&b);
    if name.len() > NAME_MAX_BYTES
        || !name.bytes().all(allowed)
        || name.starts_with([':', ' '])
        || name.starts_with("AWS/")
    {
        let range = table::METRICS_NAMESPACE.range();
        r.errors.note(&table::METRICS_NAMESPACE, format!("is {name:?}, not {range}"));
    }
    name
}

fn environment_name(r: &mut Reader<'_>, on_lambda: bool) -> String {
    let name = r.text(&table::ENVIRONMENT);
    if on_lambda && name.is_none() {
        r.errors.note(&table::ENVIRONMENT, "is not set, and required on Lambda");
    }
    let name = name.unwrap_or_else(|| table::ENVIRONMENT.default().into_owned());
    if name.len() > NAME_MAX_BYTES || !name.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        r.errors
            .note(&table::ENVIRONMENT, format!("is {name:?}, not at most {NAME_MAX_BYTES} bytes of printable ASCII"));
    }
    name
}

/// One value under two names (FR-047).
fn service(r: &mut Reader<'_>) -> String {
    let otel = r.text(&table::OTEL_SERVICE_NAME);
    let powertools = r.text(&table::POWERTOOLS_SERVICE_NAME);
    if let (Some(otel), Some(powertools)) = (&otel, &powertools)
        && otel != powertools
    {
        r.errors.note(
            &table::OTEL_SERVICE_NAME,
            format!("is {otel:?} and POWERTOOLS_SERVICE_NAME is {powertools:?}: they must be equal"),
        );
    }
    otel.or(powertools).unwrap_or_else(|| table::OTEL_SERVICE_NAME.default().into_owned())
}

fn tokens(r: &mut Reader<'_>) -> TokenRules {
    let secret = r.raw(&table::JWT_SECRET).filter(|text| !text.is_empty());
    if secret.as_ref().is_some_and(|secret| secret.trim() != secret) {
        r.errors.note(
            &table::JWT_SECRET,
            "begins or ends with white space, such as a line end: tokens signed without it would all be refused",
        );
    }
    let public = r.text(&table::JWT_PUBLIC_KEY);
    if secret.is_some() && public.is_some() {
        r.errors.note(&table::JWT_SECRET, "and SSE_JWT_PUBLIC_KEY are both set: only one may be");
    }
    let key = match (secret, public) {
        (Some(secret), _) => Some(TokenKey::Secret(Secret::new(secret))),
        (None, Some(pem)) => Some(TokenKey::Public(pem)),
        (None, None) => None,
    };
    TokenRules { key, issuer: r.text(&table::JWT_ISSUER), audience: r.text(&table::JWT_AUDIENCE) }
}

fn log(r: &mut Reader<'_>) -> String {
    let of_lambda = r.choice(&table::LAMBDA_LOG_LEVEL);
    let Some(directives) = r.text(&table::RUST_LOG) else {
        return match of_lambda {
            // `tracing` has no level above ERROR.
            Some("fatal") => "error".to_owned(),
            Some(level) => level.to_owned(),
            None => table::RUST_LOG.default().into_owned(),
        };
    };
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&directives) {
        r.errors.note(&table::RUST_LOG, format!("is {directives:?}: {error}"));
        return table::RUST_LOG.default().into_owned();
    }
    directives
}

fn whole(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
