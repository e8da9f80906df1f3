//! What the processes of an environment wrote, line by line, with the time at which it was read. It interprets nothing
//! beyond "this line is JSON".

use std::{fmt, sync::Mutex};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::watch,
};

use crate::clock::Stamp;

/// Where a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was read.
    pub at: Stamp,
    /// Where it was written.
    pub stream: Stream,
    /// The process: 1 for the first, one more with every restart.
    pub generation: u64,
    /// The file name of the program that wrote it.
    pub program: String,
    /// The line without its end.
    pub text: String,
}

impl LogLine {
    /// The line as a JSON object, if it is one.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).ok().filter(Value::is_object)
    }
}

/// Is told each line as it comes.
type OnLine = Box<dyn Fn(&LogLine) + Send + Sync>;

/// All lines so far, of every process that the environment ran.
pub struct Log {
    lines: Mutex<Vec<LogLine>>,
    changed: watch::Sender<()>,
    on_line: OnLine,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl Log {
    /// Tells each line as it comes.
    pub(super) fn telling(on_line: impl Fn(&LogLine) + Send + Sync + 'static) -> Self {
        Self { lines: Mutex::default(), changed: watch::Sender::new(()), on_line: Box::new(on_line) }
    }

    /// A copy of every line held.
    pub fn lines(&self) -> Vec<LogLine> {
        crate::lock(&self.lines).clone()
    }

    /// Hands over every line held; they are held no more. For long runs.
    pub fn take(&self) -> Vec<LogLine> {
        std::mem::take(&mut crate::lock(&self.lines))
    }

    /// Waits until lines are held, and hands them over; they are held no more. Safe to cancel.
    pub async fn take_next(&self) -> Vec<LogLine> {
        let mut changes = self.changed.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = changes.wait_for(|()| !crate::lock(&self.lines).is_empty()).await;
        self.take()
    }

    /// The lines that are JSON objects.
    pub fn json(&self) -> Vec<Value> {
        crate::lock(&self.lines).iter().filter_map(LogLine::json).collect()
    }

    /// Waits for the first line, of those held and those to come, that fits. Put a time-out around it.
    pub async fn wait_for(&self, fits: impl Fn(&LogLine) -> bool) -> LogLine {
        let mut changes = self.changed.subscribe();
        loop {
            changes.borrow_and_update();
            if let Some(line) = crate::lock(&self.lines).iter().find(|line| fits(line)) {
                return line.clone();
            }
            // The sender lives in `self`, so waiting cannot fail.
            let _ = changes.changed().await;
        }
    }

    /// Reads lines to the end of `source`.
    pub(super) async fn read(&self, source: impl AsyncRead + Unpin, stream: Stream, generation: u64, program: &str) {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while let Ok(1..) = source.read_until(b'\n', &mut line).await {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            let line_read = LogLine { at: Stamp::now(), stream, generation, program: program.to_owned(), text };
            (self.on_line)(&line_read);
            crate::lock(&self.lines).push(line_read);
            self.changed.send_modify(|()| ());
            line.clear();
        }
    }
}
