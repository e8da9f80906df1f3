//! What an operator is told by the pipeline.

use crate::collector_log::{CollectorLog, Refusal};
use std::sync::Mutex;

/// What an operator was told, in order.
#[derive(Debug, Default)]
pub struct Told(Mutex<Vec<String>>);

impl Told {
    /// So far.
    ///
    /// # Panics
    /// A test panicked while it held the lock.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("lock").clone()
    }
}

impl CollectorLog for Told {
    fn refused(&self, refusal: &Refusal) {
        self.0.lock().expect("lock").push(refusal.to_string());
    }

    fn recovered(&self, address: &str) {
        self.0.lock().expect("lock").push(format!("{address} recovered"));
    }
}
