//! How a peer is run: where its function is, and how its environment is set up.

mod list;

pub(crate) use list::PEERS;

use crate::faults::{Fault, Kind};
use lambda_env::{Environment, OtlpReceiver, environment::EnvironmentBuilder};
use sse_real::tool::{free_address, target, tools};
use std::path::PathBuf;

/// How the function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Streaming,
    Buffered,
}

impl Mode {
    pub(crate) const ALL: [Self; 2] = [Self::Streaming, Self::Buffered];

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Streaming => "/stream",
            Self::Buffered => "/buffered",
        }
    }
}

/// One way of tracing.
#[derive(Debug)]
pub(crate) struct Peer {
    /// For the command line, and the name of its program.
    pub(crate) key: &'static str,
    /// For the page's head line.
    pub(crate) name: &'static str,
    /// For the page's list: versions and set-up.
    pub(crate) what: &'static str,
    /// Its function, below `tests/peers`.
    pub(crate) source: &'static str,
    /// What it loses, and one sentence why.
    pub(crate) why: &'static [(&'static str, &'static str)],
    /// Why there are no four invocations at once.
    pub(crate) not_concurrent: Option<&'static str>,
    /// Why there is no streaming.
    pub(crate) not_streaming: Option<&'static str>,
}

impl Peer {
    pub(crate) fn cannot(&self, fault: &Fault, mode: Mode) -> bool {
        let is_concurrent = fault.kind == Kind::Concurrent;
        (self.not_streaming.is_some() && mode == Mode::Streaming) || (self.not_concurrent.is_some() && is_concurrent)
    }

    /// Its function, beside this collector.
    pub(crate) fn function(&self, mode: Mode, collector: &OtlpReceiver) -> EnvironmentBuilder {
        let built = |name: &str| target().join("peers/debug").join(name);
        let builder = match self.key {
            "python" => python(),
            "extension" => {
                // The function sends to the extension, and the extension to the collector.
                let receiver = free_address().unwrap();
                return Environment::builder(built("extension_function"))
                    .extension(built("extension"))
                    .var("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{receiver}"))
                    // Its default saves requests where invocations are frequent, and keeps spans back for it.
                    .var("LAMBDA_OTEL_FLUSH_STRATEGY", "end")
                    .var("LAMBDA_OTEL_RECEIVER_HTTP_PORT", &receiver.port().to_string())
                    .var("LAMBDA_OTEL_EXPORTER_ENDPOINT", &collector.endpoint());
            }
            // Its filter passes errors alone, unless it is told.
            "otel_lite" => Environment::builder(built("otel_lite")).var("AWS_LAMBDA_LOG_LEVEL", "INFO"),
            key => Environment::builder(built(key)),
        };
        let builder = if mode == Mode::Streaming { builder.var("STREAMS", "1") } else { builder };
        builder.beside(collector)
    }
}

fn python() -> EnvironmentBuilder {
    let folder = tools().join("losses-python").canonicalize().unwrap();
    let path = [folder.join("bin"), PathBuf::from("/usr/local/bin"), "/usr/bin".into(), "/bin".into()];
    let path = path.map(|folder| folder.to_string_lossy().into_owned()).join(":");
    Environment::builder(folder.join("bootstrap"))
        .task_root(folder)
        .var("PATH", &path)
        .var("_HANDLER", "app.handler")
        .var("OTEL_SERVICE_NAME", "python")
}
