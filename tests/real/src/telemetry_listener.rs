//! Listens to Lambda's Telemetry API, as the collector layers of others do: they ask for their next event once the runtime is done with the last one.
//! It subscribes for nobody; who does has the subscription from here.

use crate::exchange::Server;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

#[derive(Debug, Default)]
struct Done {
    requests: Mutex<BTreeSet<String>>,
    changed: watch::Sender<()>,
}

impl Done {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a batch of events.
    fn take(&self, batch: &[u8]) {
        let batch: Value = serde_json::from_slice(batch).unwrap_or_default();
        let done = batch.as_array().into_iter().flatten().filter(|event| event["type"] == "platform.runtimeDone");
        let done = done.filter_map(|event| event["record"]["requestId"].as_str().map(str::to_owned));
        self.lock().extend(done);
        self.changed.send_modify(|()| ());
    }
}

/// A listener, until it is dropped.
#[derive(Debug)]
pub struct TelemetryListener {
    server: Server,
    done: Arc<Done>,
}

impl TelemetryListener {
    /// Listens on a free port.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start() -> io::Result<Self> {
        let done = Arc::<Done>::default();
        let taken = Arc::clone(&done);
        let server = Server::start(move |request: Request<Bytes>| {
            taken.take(request.body());
            async { Response::new(Full::<Bytes>::default()) }
        });
        Ok(Self { server: server.await?, done })
    }

    /// What to subscribe with: the body of the request.
    pub fn subscription(&self) -> Value {
        json!({
            "schemaVersion": "2022-12-13",
            "types": ["platform"],
            "buffering": {"maxItems": 1000, "maxBytes": 262_144, "timeoutMs": 25},
            "destination": {
                "protocol": "HTTP",
                "URI": format!("http://sandbox.localdomain:{}/", self.server.address().port()),
            },
        })
    }

    /// Waits until the runtime is done with this invocation.
    pub async fn runtime_done(&self, request_id: &str) {
        let mut changes = self.done.changed.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = changes.wait_for(|()| self.done.lock().remove(request_id)).await;
    }
}
