//! What becomes of documents between the answer that all of them were taken and X-Ray's store: a fault that neither the collector
//! nor the function can see.

use serde_json::Value;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

type Change = dyn Fn(Value) -> Vec<Value> + Send + Sync;

/// Changes documents, drops them, or doubles them. Clones share what is set.
#[derive(Clone, Default)]
pub(crate) struct Tampering(Arc<Mutex<Option<Arc<Change>>>>);

impl Tampering {
    pub(crate) fn set(&self, change: impl Fn(Value) -> Vec<Value> + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(change));
    }

    /// What is stored of a document.
    pub(crate) fn of(&self, text: &str) -> Vec<String> {
        let change = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (change, serde_json::from_str(text)) {
            (Some(change), Ok(document)) => change(document).iter().map(Value::to_string).collect(),
            _ => vec![text.to_owned()],
        }
    }
}

impl fmt::Debug for Tampering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tampering")
    }
}
