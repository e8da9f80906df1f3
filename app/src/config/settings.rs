//! The configuration as validated values.

use super::{OtlpReceiver, Secret};
use sse_core::{plan::Limits, shared_reader::ReadPlan};
use std::time::Duration;

/// All settings of the program.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where requests come from.
    pub front: Mode,
    /// Where items come from.
    pub store: Store,
    /// The index of a table of items; `feed` makes it.
    pub index: String,
    /// The table of configurations.
    pub users_table: Option<String>,
    /// Where metrics go.
    pub metrics: MetricsSink,
    /// Their namespace.
    pub metrics_namespace: String,
    /// Their dimension `Environment`.
    pub environment: String,
    /// Where spans of the streaming phase go.
    pub telemetry: TelemetrySink,
    /// A file of the certificate authorities that AWS calls believe.
    pub ca_bundle: Option<String>,
    /// The variable that names a proxy which AWS calls would go past.
    pub unusable_proxy: Option<&'static str>,
    /// The OTLP receiver.
    pub otlp: OtlpReceiver,
    /// Where subsegments of the handler phase go, as written.
    pub xray_daemon: Option<String>,
    /// The service's name in traces.
    pub service: String,
    /// The attributes that operators add to the resource of every span, as name and value.
    pub resource_attributes: Vec<(String, String)>,
    /// The limits of streams.
    pub limits: Limits,
    /// How items are read.
    pub read_plan: ReadPlan,
    /// Streams per process.
    pub max_connections: usize,
    /// The flush of an invocation takes at most this long.
    pub flush_timeout: Duration,
    /// Estimated X-Ray bytes per trace.
    pub trace_budget_bytes: usize,
    /// Spans kept after a failed export, in bytes.
    pub retain_bytes: usize,
    /// How tokens are verified.
    pub tokens: TokenRules,
    /// What is logged, as directives of tracing-subscriber.
    pub log: String,
}

/// Where requests come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The Runtime API.
    Lambda {
        /// `host:port` of it, or a URL whose path goes in front of every other.
        runtime_api: String,
        /// Invocations at once in this process.
        max_concurrency: usize,
    },
    /// Clients of a server on loopback, or none.
    Local,
}

/// Where items come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// A table of DynamoDB.
    DynamoDb {
        /// Its name.
        table: String,
        /// Its index by sentiment and date.
        index: String,
    },
    /// This process.
    Memory,
}

/// Where metrics go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsSink {
    /// PutMetricData.
    CloudWatch,
    /// Lines on stdout in CloudWatch's embedded format.
    Emf,
    /// Nowhere: they are discarded.
    None,
}

/// Where spans of the streaming phase go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TelemetrySink {
    /// The collector extension, by OTLP.
    Adot,
    /// X-Ray's own OTLP endpoint, signed.
    Xray,
    /// OTLP/JSON lines on stdout.
    Stdout,
    /// This process.
    Memory,
    /// Nowhere: they are discarded.
    Off,
}

/// How tokens are verified.
#[derive(Clone, Debug)]
pub struct TokenRules {
    /// The key; without one, every token is refused.
    pub key: Option<TokenKey>,
    /// The required `iss`.
    pub issuer: Option<String>,
    /// The required `aud`.
    pub audience: Option<String>,
}

/// The key that tokens are verified with.
#[derive(Clone, Debug)]
pub enum TokenKey {
    /// HS256.
    Secret(Secret),
    /// PEM blocks: RS256, ES256 or `EdDSA` by the type of the key.
    Public(String),
}
