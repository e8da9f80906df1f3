//! How a run goes: a spinner on a terminal, else a line now and then, for the log of a pipeline.

use indicatif::ProgressBar;
use lambda_trace::{Clock, Timestamp};
use sse_verify::ports::Progress;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(200);
/// Between two lines where there is no terminal, in milliseconds.
const LINE_EVERY: Duration = Duration::from_secs(30);

pub(super) struct Spinner {
    bar: ProgressBar,
    clock: Arc<dyn Clock>,
    last_line: Mutex<Option<Timestamp>>,
}

impl Spinner {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(TICK);
        Self { bar, clock, last_line: Mutex::new(None) }
    }
}

impl Progress for Spinner {
    fn say(&self, text: &str) {
        if !self.bar.is_hidden() {
            self.bar.set_message(text.to_owned());
            return;
        }
        let now = self.clock.now();
        let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.since(last) >= LINE_EVERY) {
            *last = Some(now);
            eprintln!("verify: {text}");
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
