//! A client as a program that prints what it is told, one JSON line at a time.

use lambda_env::SseEvent;
use serde_json::Value;
use sse_real::tool::tools;
use std::{
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
};

pub(crate) const NODE: &str = "node-22.23.3/node_modules/.bin/node";
pub(crate) const JS: &str = "js-clients";
pub(crate) const PYTHON: &str = "python-clients/bin/python";

/// A Node client, by the name of its file.
pub(crate) fn node(file: &str, url: &str) -> Command {
    let mut command = Command::new(tools().join(NODE));
    command.arg(tools().join(JS).join(file)).arg(url);
    command
}

/// A Node client that drives Chromium.
pub(crate) fn browser(file: &str, url: &str) -> Command {
    let mut command = node(file, url);
    command.arg(chromium());
    command
}

/// A Python client, by the name of its file.
pub(crate) fn python(file: &str, url: &str) -> Command {
    let mut command = Command::new(tools().join(PYTHON));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(file)).arg(url);
    command
}

/// The Rust client.
pub(crate) fn rust(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rust-client"));
    command.arg(url);
    command
}

#[expect(clippy::disallowed_methods, reason = "tests are told by their caller where things are")]
fn chromium() -> String {
    std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned())
}

/// A running client. Dropping it kills it.
pub(crate) struct Program {
    _child: Child,
    lines: Arc<Mutex<Vec<Value>>>,
    changed: watch::Receiver<()>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines = Arc::<Mutex<Vec<Value>>>::default();
        let (told, changed) = watch::channel(());
        let record = Arc::clone(&lines);
        drop(tokio::spawn(async move {
            while let Ok(Some(line)) = output.next_line().await {
                record.lock().unwrap().push(serde_json::from_str(&line).unwrap_or(Value::String(line)));
                told.send_modify(|()| ());
            }
        }));
        Self { _child: child, lines, changed }
    }

    /// Everything that it said.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits until it has said what is wanted, or ends.
    pub(crate) async fn wait_until(&mut self, wanted: impl Fn(&[Value]) -> bool) {
        let lines = Arc::clone(&self.lines);
        let _ = self.changed.wait_for(|()| wanted(&lines.lock().unwrap())).await;
    }
}

/// What a client should say for these events: the id is that of the newest event that had one.
pub(crate) fn expected<'e>(events: impl Iterator<Item = &'e SseEvent>) -> Vec<(String, String, String)> {
    let mut last_id = String::new();
    let line = |event: &SseEvent| {
        if let Some(id) = &event.id {
            last_id.clone_from(id);
        }
        (event.name.clone(), event.data.clone(), last_id.clone())
    };
    events.map(line).collect()
}

/// What it said, in the same form.
pub(crate) fn seen(lines: &[Value]) -> Vec<(String, String, String)> {
    let text = |line: &Value, member: &str| line[member].as_str().unwrap_or_default().to_owned();
    lines.iter().map(|line| (text(line, "event"), text(line, "data"), text(line, "id"))).collect()
}
