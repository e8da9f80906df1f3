//! The handles of streams that are open.

use async_trait::async_trait;
use lambda_trace::{FlushOutcome, StreamSpans, StreamStart, StreamingTelemetry, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

/// Knows the handles of the streams that are open, so that a test can do by hand what a session does.
pub struct Handles {
    inner: Arc<dyn StreamingTelemetry>,
    opened: Mutex<HashMap<Arc<str>, Weak<dyn StreamSpans>>>,
}

impl Handles {
    /// Of the streams that `inner` opens.
    pub fn new(inner: Arc<dyn StreamingTelemetry>) -> Arc<Self> {
        Arc::new(Self { inner, opened: Mutex::default() })
    }

    /// The handle of the `n`th stream.
    ///
    /// # Panics
    /// It is not open.
    pub fn of(&self, n: u64) -> Arc<dyn StreamSpans> {
        let opened = self.opened.lock().expect("lock");
        opened.get(format!("request-{n}").as_str()).and_then(Weak::upgrade).expect("an open stream")
    }
}

#[async_trait]
impl StreamingTelemetry for Handles {
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans> {
        let request_id = start.request_id.clone();
        let handle = self.inner.streaming_phase(start);
        let mut opened = self.opened.lock().expect("lock");
        opened.retain(|_, handle| handle.strong_count() > 0);
        opened.insert(request_id, Arc::downgrade(&handle));
        handle
    }
    async fn flush_retained(&self, until: Timestamp) -> FlushOutcome {
        self.inner.flush_retained(until).await
    }
    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}
