//! The log: JSON lines on stdout on Lambda, text on stderr elsewhere. Lines only: the spans that libraries open are no
//! part of it, nor of any trace (a second account of every AWS call). On Lambda every line is one JSON object with `timestamp`
//! and `level`, by which platforms date and filter lines; a panic's too.

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer, filter::filter_fn, fmt, layer::SubscriberExt, registry::Registry, util::SubscriberInitExt,
};

/// Where log lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON lines on stdout.
    Json,
    /// Text on stderr.
    Text,
}

/// Begins to log. The first call of a process counts.
pub(crate) fn begin(form: Form, directives: &str) {
    // Directives were checked with the configuration; what is wrong even so is left out.
    let filter = EnvFilter::builder().parse_lossy(directives);
    let lines = match form {
        Form::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_writer(std::io::stdout)
            .boxed(),
        Form::Text => fmt::layer().with_writer(std::io::stderr).boxed(),
    };
    let lines: Box<dyn Layer<Registry> + Send + Sync> = lines;
    let sink = lines.with_filter(filter).with_filter(filter_fn(is_told));
    // An error means that a logger is there already: a test's.
    let is_first = tracing_subscriber::registry().with(sink).try_init().is_ok();
    if is_first && form == Form::Json {
        std::panic::set_hook(Box::new(|panic| {
            let location = panic.location().map(ToString::to_string);
            tracing::error!(location, "panic: {}", panic.payload_as_str().unwrap_or("no text"));
        }));
    }
}

/// No spans; and of libraries nothing below `info`, whatever was asked for: there they quote requests, with tokens and keys. Of the
/// AWS SDK errors only: it warns of each call that fails, three a poll, and a failing service is told once a change by us.
fn is_told(metadata: &Metadata<'_>) -> bool {
    let is_ours = ["sse_", "lambda_stream", "lambda_trace"].iter().any(|ours| metadata.target().starts_with(ours));
    let is_sdk = metadata.target().starts_with("aws_");
    let max = if is_sdk { Level::ERROR } else { Level::INFO };
    metadata.is_event() && (is_ours || *metadata.level() <= max)
}
