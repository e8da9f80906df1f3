//! An operator's log that keeps what it was told, as lines.

use lambda_trace::CallError;
use sse_core::{
    item::ItemProblem,
    ports::{OperatorLog, TokenError},
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// The log.
#[derive(Debug, Default)]
pub struct MemoryOperatorLog(Mutex<Vec<String>>);

impl MemoryOperatorLog {
    /// Everything told so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl OperatorLog for MemoryOperatorLog {
    fn polls_failing(&self, error: &CallError) {
        self.note(format!("polls failing: {}", error.error_type));
    }

    fn polls_recovered(&self) {
        self.note("polls recovered".to_owned());
    }

    fn items_skipped(&self, reasons: &BTreeMap<ItemProblem, usize>) {
        let words: Vec<_> = reasons.iter().map(|(reason, count)| format!("{reason:?} {count}")).collect();
        self.note(format!("items skipped: {}", words.join(", ")));
    }

    fn metrics_failing(&self, error: &CallError) {
        self.note(format!("metrics failing: {}", error.error_type));
    }

    fn metrics_recovered(&self) {
        self.note("metrics recovered".to_owned());
    }

    fn lookups_failing(&self, error: &CallError) {
        self.note(format!("lookups failing: {}", error.error_type));
    }

    fn lookups_recovered(&self) {
        self.note("lookups recovered".to_owned());
    }

    fn token_refused(&self, request_id: &str, error: TokenError) {
        self.note(format!("token refused: {request_id} {}", error.error_type()));
    }
}
