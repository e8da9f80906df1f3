//! The log: JSON lines on stdout on Lambda, text on stderr elsewhere. Spans that libraries open are neither logged nor
//! part of a trace (they would be a second record of every AWS call). On Lambda every line is one JSON object with
//! `timestamp` and `level`, by which platforms date and filter lines. A panic, and the reason why the program ends, are
//! logged whatever `RUST_LOG` says.

use crate::compose;
use lambda_trace::Timestamp;
use serde_json::json;
use std::io::{self, Write};
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

/// Starts logging. Only the first call of a process has an effect.
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
    // An error means that a logger is installed already, by a test.
    let is_first = tracing_subscriber::registry().with(sink).try_init().is_ok();
    if is_first && form == Form::Json {
        std::panic::set_hook(Box::new(|panic| {
            let location = panic.location().map(ToString::to_string);
            tell(&format!("panic: {}", panic.payload_as_str().unwrap_or("no text")), location.as_deref());
        }));
    }
}

/// Writes one JSON line that is not subject to `RUST_LOG`: with the log turned off, the reason why there is no answer
/// still has to be found.
pub(crate) fn tell(message: &str, location: Option<&str>) {
    let line = line(compose::clock().now(), message, location);
    // There is no place left to report a failure to write.
    let _ = io::stdout().lock().write_all(line.as_bytes());
}

fn line(at: Timestamp, message: &str, location: Option<&str>) -> String {
    let mut line =
        json!({ "timestamp": at.to_string(), "level": "ERROR", "message": message, "target": module_path!() });
    if let Some(location) = location {
        line["location"] = location.into();
    }
    format!("{line}\n")
}

/// No spans; and of libraries nothing below `info`, whatever was asked for: there they quote requests, with tokens and keys. Of the
/// AWS SDK errors only: it warns of each call that fails, three a poll, and a failing service is told once a change by us.
fn is_told(metadata: &Metadata<'_>) -> bool {
    let is_ours = ["sse_", "lambda_stream", "lambda_trace"].iter().any(|ours| metadata.target().starts_with(ours));
    let is_sdk = metadata.target().starts_with("aws_");
    let max = if is_sdk { Level::ERROR } else { Level::INFO };
    metadata.is_event() && (is_ours || *metadata.level() <= max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::process::Command;

    const TOLD: &str = "SSE_TEST_PANICS";

    /// The hook and the logger are the process's, so a process of its own panics: this test again, alone.
    #[test]
    fn a_panic_is_one_json_line_whatever_the_log_leaves_out() {
        if std::env::var_os(TOLD).is_some() {
            begin(Form::Json, "off");
            tracing::error!("left out");
            panic!("two\nlines and a \"quote\"");
        }
        let name = "logging::tests::a_panic_is_one_json_line_whatever_the_log_leaves_out";
        let this = std::env::current_exe().expect("this test");
        let output =
            Command::new(this).args(["--exact", name, "--nocapture"]).env(TOLD, "1").output().expect("a process");
        let text = String::from_utf8(output.stdout).expect("text");
        let told: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let [line] = told.as_slice() else { panic!("{text}") };
        assert!(!text.contains("left out"), "{text}");
        assert_eq!((&line["level"], &line["message"]), (&"ERROR".into(), &"panic: two\nlines and a \"quote\"".into()));
        assert!(line["timestamp"].as_str().and_then(Timestamp::parse).is_some(), "{line}");
        assert!(line["location"].as_str().is_some_and(|location| location.contains("logging.rs")), "{line}");
    }
}
